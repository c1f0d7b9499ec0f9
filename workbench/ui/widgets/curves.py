"""Reduces curves to what columns can show, and smooths them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

SMOOTHINGS = (0.0, 0.01, 0.04)  # time constant as a share of the axis


@dataclass(frozen=True)
class Points:
    """A curve's points, x ascending."""

    x: tuple[float, ...] = ()
    y: tuple[float, ...] = ()

    def __len__(self) -> int:
        return len(self.x)


def reduce_points(
    x: Sequence[float], y: Sequence[float], high: float, buckets: int, *, growing: bool
) -> Points:
    """Means over ``buckets`` equal parts of the axis from 0 to ``high``.

    The parts are fixed to the axis, so that a full part never changes. Of a growing curve the
    last part is left out until it is full.
    """
    if not x or high <= 0:
        return Points()
    out_x: list[float] = []
    out_y: list[float] = []
    here, sum_x, sum_y, held = 0, 0.0, 0.0, 0
    for at, value in zip(x, y, strict=False):
        bucket = min(buckets - 1, int(at / high * buckets))
        if bucket != here and held:
            out_x.append(sum_x / held)
            out_y.append(sum_y / held)
            sum_x, sum_y, held = 0.0, 0.0, 0
        here = bucket
        sum_x += at
        sum_y += value
        held += 1
    if held and not (growing and out_x):
        out_x.append(sum_x / held)
        out_y.append(sum_y / held)
    return Points(tuple(out_x), tuple(out_y))


def smooth(points: Points, constant: float) -> Points:
    """Exponential moving average over x with time constant ``constant`` (0: none), unbiased.

    The weight of a point decays with its distance along x, so the result does not
    depend on how densely the curve was reduced.
    """
    if constant <= 0 or not points:
        return points
    total, weight = 0.0, 0.0
    smoothed = []
    before = points.x[0]
    for at, value in zip(points.x, points.y, strict=True):
        decay = math.exp(-(at - before) / constant)
        total = total * decay + value
        weight = weight * decay + 1.0
        smoothed.append(total / weight)
        before = at
    return Points(points.x, tuple(smoothed))


def logarithms(points: Points) -> Points:
    """Decimal logarithms of the values; points that have none are left out."""
    kept = [(at, math.log10(v)) for at, v in zip(points.x, points.y, strict=True) if v > 0]
    return Points(tuple(at for at, _ in kept), tuple(v for _, v in kept))
