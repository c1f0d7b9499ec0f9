"""Numbers and names as the screen writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from workbench.ui.widgets.formatting import (
    bar,
    clean,
    duration,
    fit,
    memory,
    number,
    short_count,
)  # fmt: skip


@given(st.text(max_size=30), st.integers(0, 20))
def test_fit_takes_exactly_its_cells(text: str, width: int) -> None:
    assert cell_len(fit(clean(text), width)) == width


@given(st.floats(-1, 2), st.integers(1, 200))
def test_a_bar_and_its_track_fill_the_width(share: float, width: int) -> None:
    filled, track = bar(share, width)
    assert len(filled) + len(track) == width


def test_bars_at_their_ends() -> None:
    assert bar(0.0, 4) == ("", "━━━━")
    assert bar(1.0, 4) == ("━━━━", "")
    assert bar(0.625, 4) == ("━━╸", "━")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (0, "0s"),
        (59.6, "1m 00s"),
        (1660, "27m 40s"),
        (5040, "1h 24m"),
        (90_000, "1d 01h"),
    ],
)
def test_durations(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


def test_numbers() -> None:
    assert [number(v) for v in (None, 0, 0.2141, 12.345, 1e-5, 3e7)] == [
        "–", "0", "0.2141", "12.345", "1.00e-05", "3.00e+07",
    ]  # fmt: skip
    assert [short_count(v) for v in (None, 999, 4_771_146, 874_187_264, 3.6e9)] == [
        "–", "999", "4.77 M", "874 M", "3.6 G",
    ]  # fmt: skip
    assert memory(31.2e9, 80e9) == "31.2/80 GB"


def test_escape_sequences_leave_whole() -> None:
    assert clean("\x1b[1;31mred\x1b[0m \x1b]8;;http://x\x07link") == "red link"
