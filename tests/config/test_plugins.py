"""What an installed package brings by entry points: listed, validated, trained, replayed."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import workbench
from workbench.cli.main import run as command
from workbench.config import build_config, describe, plugins
from workbench.config.presets import load_preset
from workbench.config.run import RunConfig
from workbench.errors import ConfigError
from workbench.runs.history.follow import follow
from workbench.runs.history.verify import verify
from workbench.runs.live.launch import start_worker
from workbench.runs.live.lineage import make_replay
from workbench.runs.store.folder import RunFolder

PACKAGE = Path(__file__).parent.parent / "fixtures" / "plugin_package"
TABLES = {
    "model": {"kind": "pooled", "width": 8},
    "data": {"name": "stripes", "images": 60},
    "optimizer": {"kind": "signed", "lr": 0.003},
    "train": {"epochs": 2, "batch_size": 20, "threads": 1, "device": "cpu"},
}


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The package is installed, here and in workers, for the time of a test."""
    monkeypatch.syspath_prepend(str(PACKAGE))
    path = [str(PACKAGE), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path))
    monkeypatch.setattr(plugins, "_loaded", {section: {} for section in plugins.GROUPS})
    plugins._entry_points.cache_clear()
    yield
    plugins._entry_points.cache_clear()
    for name in [name for name in sys.modules if name.startswith("demo_plugin")]:
        del sys.modules[name]


def test_kinds_are_listed_and_imported_only_when_asked_for(installed: None) -> None:
    assert plugins.names("model") == ("pooled",) and plugins.names("schedule") == ()
    assert "demo_plugin" not in sys.modules
    build_config({**TABLES, "model": {"kind": "simplenn"}, "data": {"name": "digits"},
                  "optimizer": {"kind": "sgd"}})  # fmt: skip
    assert "demo_plugin" not in sys.modules
    config = build_config(TABLES)
    assert isinstance(config, RunConfig) and config.model.kind == "pooled"
    assert "demo_plugin.sections" in sys.modules and "demo_plugin.optimizer" not in sys.modules


def test_the_form_gets_fields_docs_and_bounds(installed: None) -> None:
    config = build_config(TABLES)
    kind, width = describe(config.model, "model", RunConfig)
    assert kind.choices[-1] == "pooled" and kind.help == "A convolution and a mean over the image."
    assert (width.default, width.help, width.bounds) == (16, "Channels.", {"ge": 1, "le": 512})
    changed = load_preset("quick/digits", {"model.kind": "pooled", "model.width": 4})
    assert (changed.model.kind, changed.data.name) == ("pooled", "digits")


def test_wrong_keys_are_told_as_ours_are(installed: None) -> None:
    with pytest.raises(ConfigError, match=r"model\.widht: no such key; did you mean model\.width"):
        build_config(TABLES, {"model.widht": 3})
    with pytest.raises(ConfigError, match=r"model\.width: must be greater than or equal to 1"):
        build_config(TABLES, {"model.width": 0})
    with pytest.raises(
        ConfigError, match=r"task\.kind: 'broken' of the package demo-plugin failed"
    ):
        build_config(TABLES, {"task.kind": "broken"})


def test_trained_and_replayed_to_the_bit(installed: None, tmp_path: Path) -> None:
    record = workbench.train(build_config(TABLES), tmp_path, name="one")
    assert record["environment"]["plugins"] == ["demo-plugin 0.3"]
    one = RunFolder(tmp_path / "one")
    assert one.read_config().model.kind == "pooled"
    again = make_replay(one, tmp_path, name="again")
    start_worker(again)
    assert [update.status.name for update in follow(again)][-1] == "finished"
    assert verify(one, again).exact and verify(one, again).same


def test_the_command_tells_what_is_wrong_with_one(
    installed: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(["plugins"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["model", "pooled"], ["data", "stripes"], ["task", "broken"], ["optimizer", "signed"]
    ]  # fmt: skip
    assert "failed: ModuleNotFoundError" in lines[2] and lines[0].rstrip().endswith("0.3")
