"""Files and names from a stranger: no traceback, no way out of a folder, no escape sequence."""

import json
import re
from pathlib import Path

import pytest
import tomli
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.readers import READERS, read
from workbench.config import build_config, change_config, to_toml
from workbench.config.presets import load_preset
from workbench.runs.store.events import decode, encode
from workbench.runs.store.folder import ID

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
fragments = st.sampled_from(
    [
        b'{"event":"step","step":1,"epoch":1,"loss":2.0,"lr":0.1}\n',
        b'{"event":"epoch","epoch":1,"val_accuracy":0.5,"per_class":{"a":{"correct":1}}}\n',
        b'{"event":"start","classes":"abc","epochs":1e999}\n',
        b'{"event":"step","step":"x","epoch":[]}\n',
        b"[run]\nstatus = 'running'\npid = -1\npid_started = '1'\nboot = ''\nhost = ''\n",
        b"[model]\nkind = 'resnet'\nblocks = [1]\n",
        b"[data]\nname = 'digits'\n[train]\nepochs = 1\n",
        b"\x1b]0;owned\x07\x1b[31m",
        b"\x00\xff\xfe",
        b"../../etc/passwd",
        b"[" * 5000,
    ]
)
hostile_bytes = st.lists(st.binary(max_size=40) | fragments, max_size=5).map(b"".join)


@pytest.mark.parametrize("reader", READERS)
@given(data=hostile_bytes)
@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_bytes_are_read_or_refused(reader: str, data: bytes, tmp_path: Path) -> None:
    read(reader, data, tmp_path)


@given(st.dictionaries(st.text(), json_values, max_size=4))
def test_an_event_is_one_line_whatever_it_holds(fields: dict[str, object]) -> None:
    line = encode({**fields, "event": "step"})
    assert line.count(b"\n") == 1 and line.endswith(b"\n")
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", line)
    back = decode(line)
    assert back is not None and set(back) == {*fields, "event"}
    json.loads(line, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "optimizer.lr": st.floats(1e-8, 100),
            "train.batch_size": st.integers(1, 10**6),
            "model.blocks": st.lists(st.integers(1, 9), min_size=1, max_size=6),
            "data.root": st.text(max_size=40),
            "about.title": st.text(max_size=60),
            "schedule.kind": st.sampled_from(["constant", "cosine", "plateau", "onecycle"]),
            "optimizer.kind": st.sampled_from(["sgd", "adam", "rmsprop", "adagrad"]),
        },
    )
)
@settings(max_examples=60)
def test_a_configuration_written_out_reads_back_equal(changes: dict[str, object]) -> None:
    config = change_config(load_preset("quick/digits"), changes)
    assert build_config(tomli.loads(to_toml(config))) == config


@given(st.text(max_size=120))
def test_no_id_leaves_its_folder_or_reaches_the_terminal(name: str) -> None:
    if ID.fullmatch(name):
        assert Path(name).name == name and name not in (".", "..")
        assert name.isascii() and name.isprintable() and "[" not in name
