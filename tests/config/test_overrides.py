"""``--set KEY=VALUE``: how a value is read, and what a change does to a configuration."""

from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from workbench.config import parse_assignment, parse_value
from workbench.config.overrides import apply_changes
from workbench.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.1", 0.1),
        ("5", 5),
        ("5_000", 5000),
        ("1e-3", 1e-3),
        ("true", True),
        ("[5, 4, 3]", [5, 4, 3]),
        ('"5"', "5"),
        ("adam", "adam"),
        (" adam ", "adam"),
        ("cuda:0", "cuda:0"),
        ("/data/my images", "/data/my images"),
        ("a=b", "a=b"),
        ("", ""),
        ("1\nother = 2", "1\nother = 2"),  # one value, never a second key
    ],
)
def test_values(text: str, value: Any) -> None:
    assert parse_value(text) == value
    assert type(parse_value(text)) is type(value)
    assert parse_assignment(f"model.key={text}") == ("model.key", value)


@given(st.integers(-(2**60), 2**60) | st.booleans() | st.floats(allow_nan=False) | st.text())
def test_what_toml_writes_is_read_back(value: Any) -> None:
    written = tomli_w.dumps({"value": value}).removeprefix("value = ").removesuffix("\n")
    assert parse_value(written) == value


@pytest.mark.parametrize("text", ["optimizer.lr", "=3", " = 3", ""])
def test_what_is_no_assignment(text: str) -> None:
    with pytest.raises(ConfigError, match=r"must be KEY=VALUE"):
        parse_assignment(text)


def test_changes_leave_the_tables_alone() -> None:
    tables = {"model": {"kind": "resnet", "blocks": [1]}}
    changed = apply_changes(tables, {"model.blocks": [2], "train.epochs": 1})
    assert tables == {"model": {"kind": "resnet", "blocks": [1]}}
    assert changed == {"model": {"kind": "resnet", "blocks": [2]}, "train": {"epochs": 1}}


def test_of_keys_that_exclude_each_other_the_one_that_is_set_wins() -> None:
    tables = {"train": {"epochs": 5}}
    assert apply_changes(tables, {"train.steps": 9}) == {"train": {"steps": 9}}
    both = apply_changes(tables, {"train.steps": 9, "train.epochs": 1})
    assert both == {"train": {"steps": 9, "epochs": 1}}  # and validation refuses it


@pytest.mark.parametrize("key", ["lr", "optimiser.lr", ".lr", "__class__.x"])
def test_keys_without_a_section(key: str) -> None:
    with pytest.raises(ConfigError, match=r"no section .*; there are about, task, model"):
        apply_changes({}, {key: 1})


def test_a_section_that_is_no_table() -> None:
    with pytest.raises(ConfigError, match="train: must be a table"):
        apply_changes({"train": 3}, {"train.epochs": 1})
