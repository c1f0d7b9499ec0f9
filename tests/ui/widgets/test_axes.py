"""Axes are round, hold the data, and step instead of crawling."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.ui.widgets.axes import length_axis, log_axis, value_axis

VALUES = st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=30)


def test_the_length_steps_a_dozen_times_in_a_training() -> None:
    highs = [length_axis(step, 58_500, 70).high for step in range(1, 58_501, 13)]
    assert highs == sorted(highs)
    assert len(set(highs)) < 40
    assert highs[-1] == 58_500


@given(st.floats(0.01, 1e7), st.integers(20, 300))
def test_the_length_holds_what_is_reached(reached: float, columns: int) -> None:
    axis = length_axis(reached, 1e7, columns)
    assert axis.high >= reached * (1 - 1e-9)
    assert axis.ticks[0][0] == 0
    assert all(axis.low <= at <= axis.high * (1 + 1e-9) for at, _ in axis.ticks)


@given(VALUES, st.integers(4, 60))
def test_values_lie_between_round_limits(values: list[float], rows: int) -> None:
    axis = value_axis(values, rows)
    step = axis.ticks[1][0] - axis.ticks[0][0]
    assert axis.low - step * 1e-6 <= min(values)
    assert max(values) <= axis.high + step * 1e-6
    assert 2 <= len(axis.ticks) <= 9
    assert math.isclose(axis.ticks[-1][0], axis.high, rel_tol=1e-9)


def test_a_small_change_of_the_data_leaves_the_axis_alone() -> None:
    assert value_axis([0.21, 2.31], 20) == value_axis([0.19, 2.29], 20)


def test_an_accuracy_never_goes_beyond_its_ceiling() -> None:
    assert value_axis([61.0, 99.7], 20, ceiling=100.0).high == 100.0
    assert value_axis([100.0], 20, ceiling=100.0).high == 100.0


def test_one_bad_start_does_not_flatten_the_curve() -> None:
    assert value_axis([900.0, *[1.0] * 100], 20).high < 10


@pytest.mark.parametrize("values", [[], [0.0], [5.0], [-1.0, 1.0], [math.pi] * 5])
def test_degenerate_data_has_an_axis(values: list[float]) -> None:
    axis = value_axis(values, 20)
    assert axis.high > axis.low


def test_logarithms_have_ticks_at_powers_and_between_where_there_is_room() -> None:
    assert [text for _, text in log_axis([-2.0, 0.0], 20).ticks] == [
        "0.01", "0.02", "0.05", "0.1", "0.2", "0.5", "1",
    ]  # fmt: skip
    assert [text for _, text in log_axis([-4.0, 1.0], 10).ticks] == [
        "0.0001", "0.001", "0.01", "0.1", "1", "10",
    ]  # fmt: skip
