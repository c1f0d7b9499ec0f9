"""Titles of tabs in little room."""

import pytest

from workbench.ui.widgets.tabs import fitting_titles

TITLES = ["Plots", "Confusion", "Log"]  # tabs of 29 columns


@pytest.mark.parametrize("width", [0, 29, 80])
def test_titles_are_whole_where_there_is_room(width: int) -> None:
    assert fitting_titles(TITLES, width) == TITLES


def test_the_longest_titles_are_cut_first() -> None:
    assert fitting_titles(TITLES, 27) == ["Plots", "Confusi", "Log"]
    assert fitting_titles(TITLES, 21) == ["Plo", "Con", "Log"]


def test_a_letter_of_each_stays() -> None:
    assert fitting_titles(TITLES, 3) == ["P", "C", "L"]
