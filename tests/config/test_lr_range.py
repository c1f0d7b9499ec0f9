"""The range test's rates, its end, and what fast.ai's rules suggest of a curve."""

import math
from itertools import pairwise

import pytest

from workbench.config.lr_range import Smoothed, Span, suggestions, valley, verdict
from workbench.errors import RequestError


def test_rates_rise_by_equal_factors() -> None:
    rates = Span(1e-5, 1.0, 51).rates
    assert rates[0] == 1e-5 and rates[-1] == pytest.approx(1.0) and len(rates) == 51
    factors = [after / before for before, after in pairwise(rates)]
    assert factors == pytest.approx([factors[0]] * 50)


@pytest.mark.parametrize("span", [(1, 0.1, 50), (0, 1, 50), (1e-3, 1e3, 50), (1e-3, 1, 3)])
def test_a_span_that_is_none_is_refused(span: tuple[float, float, int]) -> None:
    with pytest.raises(RequestError, match="must be"):
        Span(*span)


def test_the_average_is_unbiased_and_tells_divergence() -> None:
    smoothed = Smoothed()
    assert [smoothed.add(2.0) for _ in range(5)] == pytest.approx([2.0] * 5)
    assert not smoothed.has_diverged(7.9)
    assert smoothed.has_diverged(8.1) and smoothed.has_diverged(math.nan)


def curve(rates: list[float]) -> list[float]:
    """A loss that stands at 2.3, falls from 1e-4 on, lowest at 1e-2, and then rises."""
    return [
        2.3 if r < 1e-4 else 2.3 - math.log10(r / 1e-4) ** 2 / 2 if r < 1e-2 else 0.3 + 300 * r - 3
        for r in rates
    ]


def test_suggestions_lie_where_the_loss_falls() -> None:
    rates = Span(1e-6, 1.0, 121).rates
    found = suggestions(rates, curve(rates))
    assert found["valley"] is not None and found["steepest"] is not None
    assert 1e-4 < found["valley"] < 1e-2
    assert found["steepest"] == pytest.approx(1e-2, rel=0.3)  # it falls ever faster


def test_of_a_loss_that_never_falls_nothing_is_suggested() -> None:
    rates = Span().rates
    assert suggestions(rates, [1 + rate for rate in rates]) == {"valley": None, "steepest": None}
    assert suggestions([], []) == {"valley": None, "steepest": None}
    document = {"points": [], "low": 1e-6, "diverged": True, "suggestion": None}
    assert "the loss never fell" in verdict(document)


def test_valley_takes_the_longest_fall_whatever_leaps_lie_in_it() -> None:
    rates = [float(i) for i in range(1, 13)]
    losses = [9, 9.5, 8, 7, 7.5, 6, 5, 4, 3, 8, 9, 10]
    assert valley(rates, losses) in (3.0, 4.0, 5.0)
