"""Curves in one line of text."""

from workbench.ui.widgets.sparkline import sparkline


def test_a_character_a_value() -> None:
    assert sparkline([]) == ""
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7]) == "▁▂▃▄▅▆▇█"
    assert sparkline([0.5, 1.0], low=0.0) == "▄█"


def test_sparklines_end_with_the_last_value() -> None:
    assert sparkline([0, 1], 4) == "▁█  "
    assert sparkline([], 3) == "   "
    assert sparkline([5, 5], 2) == "▁▁"
    assert sparkline([*range(100)], 8) == "▁▂▃▄▅▆▇█"
