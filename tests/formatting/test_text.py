"""Text for people: numbers, columns, and nothing that could reach the terminal as a command."""

import datetime
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.cli.console.output import print_json
from workbench.config import parse_assignment
from workbench.formatting.text import (
    changes_text,
    columns,
    count,
    duration,
    one_line,
    percent,
    size,
    toml_value,
)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0s"),
        (9.94, "9.9s"),
        (9.96, "10s"),
        (59.6, "1m 00s"),
        (93.4, "1m 33s"),
        (3599.7, "1h 00m"),
        (7322, "2h 02m"),
        (None, "–"),
        (math.nan, "–"),
    ],
)
def test_duration(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


def test_numbers() -> None:
    assert percent(0.9144) == "91.4 %"
    assert percent("high") == "–"
    assert percent(0.5, 0) == "50 %"
    assert count(4_771_146) == "4,771,146"
    assert count(2**60 + 1) == "1,152,921,504,606,846,977"
    assert count(14_430.2) == "14,430"
    assert count(True) == "–"
    assert size(999) == "999 B"
    assert size(5_500_000_000) == "5.5 GB"


def test_columns_line_up() -> None:
    rows = [("NAME", "N"), ("a", "1,000"), ("longer", "7")]
    assert columns(rows, right=(1,)) == "NAME        N\na       1,000\nlonger      7"


def test_changes_read_like_the_option() -> None:
    changes = {"optimizer.kind": "adam", "model.blocks": [2, 3], "model.norm": True}
    assert changes_text(changes) == "optimizer.kind=adam, model.blocks=[2, 3], model.norm=true"


@given(st.text())
def test_one_line_is_one_line_without_control_characters(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert "\x1b" not in line and "\x9b" not in line and "\r" not in line
    line.encode()  # a lone surrogate could not be printed


def test_json_is_strict(capsys: pytest.CaptureFixture[str]) -> None:
    today = datetime.date(2026, 1, 2)
    print_json({"loss": [math.nan, -math.inf, 1.5], 3: today, "ok": True, "name": "größer"})
    out = capsys.readouterr().out
    assert json.loads(out) == {
        "loss": [None, None, 1.5],
        "3": "2026-01-02",
        "ok": True,
        "name": "größer",
    }
    assert "NaN" not in out and "Infinity" not in out


TEXTS = st.text(st.characters(exclude_categories=["Cs"]))  # a lone surrogate is no TOML


@given(TEXTS | st.integers(-(2**53), 2**53) | st.booleans() | st.lists(st.integers(0, 9)))
def test_a_value_is_read_back_by_the_option(value: object) -> None:
    assert parse_assignment(f"model.key={toml_value(value)}") == ("model.key", value)
