"""Reducing and smoothing of curves."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.ui.widgets.curves import Points, logarithms, reduce_points, smooth


def test_points_are_means_over_parts_of_the_axis() -> None:
    points = reduce_points([1, 2, 3, 11, 12], [1.0, 2.0, 3.0, 5.0, 7.0], 20, 2, growing=False)
    assert points == Points((2.0, 11.5), (2.0, 6.0))


@given(st.integers(1, 400), st.integers(1, 50))
def test_what_is_drawn_of_a_growing_curve_never_changes(length: int, more: int) -> None:
    x = list(range(length + more))
    y = [math.sin(at) for at in x]
    before = reduce_points(x[:length], y[:length], 500, 100, growing=True)
    after = reduce_points(x, y, 500, 100, growing=True)
    if len(before) > 1:
        assert after.x[: len(before)] == before.x
        assert after.y[: len(before)] == before.y


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=50), st.floats(0, 100))
def test_smoothing_stays_within_the_data_and_keeps_constants(
    values: list[float], constant: float
) -> None:
    points = Points(tuple(map(float, range(len(values)))), tuple(values))
    smoothed = smooth(points, constant)
    assert smoothed.x == points.x
    assert min(values) - 1e-6 <= min(smoothed.y)
    assert max(smoothed.y) <= max(values) + 1e-6
    flat = Points(points.x, (3.0,) * len(values))
    assert smooth(flat, constant).y == pytest.approx(flat.y)


def test_smoothing_does_not_depend_on_how_densely_a_curve_was_reduced() -> None:
    dense = Points(tuple(i / 10 for i in range(1000)), tuple(float(i >= 500) for i in range(1000)))
    sparse = Points(dense.x[::10], dense.y[::10])
    at_end = [smooth(points, 5.0).y[-1] for points in (dense, sparse)]
    assert at_end[0] == pytest.approx(at_end[1], abs=0.02)


def test_what_has_no_logarithm_is_left_out() -> None:
    assert logarithms(Points((1, 2, 3), (10.0, 0.0, -1.0))) == Points((1,), (1.0,))
