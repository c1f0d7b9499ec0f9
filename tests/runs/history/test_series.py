"""Curves in bounded memory."""

import pytest

from workbench.runs.history.series import CAPACITY, Series


def test_a_short_curve_is_kept_as_it_is() -> None:
    series = Series()
    for x in range(10):
        series.add(x, x * x)
    assert series.x == list(range(10))
    assert series.y == [x * x for x in range(10)]
    assert (series.count, series.last) == (10, 81)


def test_a_long_curve_is_averaged_and_keeps_its_mean() -> None:
    series = Series()
    n = 8 * CAPACITY
    for x in range(n):
        series.add(x, 2.0 * x)
    assert len(series) <= CAPACITY
    assert series.count == n
    assert series.x == sorted(series.x)
    assert all(y == pytest.approx(2 * x) for x, y in zip(series.x, series.y, strict=True))
    assert sum(series.y) / len(series) == pytest.approx(n - 1)


def test_a_point_without_a_value_is_left_out() -> None:
    series = Series()
    series.add(1, None)
    assert (len(series), series.count, series.last) == (0, 0, None)
