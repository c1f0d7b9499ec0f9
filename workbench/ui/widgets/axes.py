"""Axes with round limits, which stay while the data grows, so that charts are seldom redrawn."""

import math
from dataclasses import dataclass

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
WHOLE = 3.0  # a longer axis has whole numbers only
LENGTHS = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


@dataclass(frozen=True)
class Axis:
    """Limits of one axis and its labelled ticks."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]


def round_step(span: float, ticks: int) -> float:
    """The smallest round distance that divides ``span`` into at most ``ticks`` parts."""
    if span <= 0 or not math.isfinite(span):
        return 1.0
    rough = span / max(1, ticks)
    unit = 10.0 ** math.floor(math.log10(rough))
    return next(unit * step for step in STEPS if unit * step >= rough * (1 - 1e-9))


def length_axis(reached: float, total: float, columns: int, *, whole: bool = True) -> Axis:
    """Axis from 0 for training steps or epochs: long enough for ``reached``, at most ``total``.

    It grows in steps (1, 1.5, 2, 3, 4, 5, 6, 8 times a power of ten), so that a curve is redrawn
    a dozen times in a whole training and not at every point.
    """
    high = _leap(reached) if reached > 0 else 1.0
    if total and (high >= 0.8 * total):
        high = max(total, reached)
    step = round_step(high, max(1, columns // 12))
    if whole and high >= WHOLE:
        step = max(1.0, math.ceil(step))
    ticks = []
    at = 0.0
    while at <= high * (1 + 1e-9):
        ticks.append((at, f"{at:,.0f}" if step >= 1 else f"{at:g}"))
        at += step
    return Axis(0.0, high, tuple(ticks))


def _leap(value: float) -> float:
    unit = 10.0 ** math.floor(math.log10(value))
    return next(unit * leap for leap in LENGTHS if unit * leap >= value * (1 - 1e-9))


def value_axis(values: list[float], rows: int, *, ceiling: float | None = None) -> Axis:
    """Axis for values: round limits around them, never above ``ceiling``.

    Values above ten times the 98th percentile (the first losses of a bad start) are left out.
    """
    if not values:
        values = [0.0, 1.0]
    ordered = sorted(values)
    high, usual = ordered[-1], ordered[int(0.98 * (len(ordered) - 1))]
    if len(values) >= 50 and usual > 0 and high > 10 * usual:
        high = usual * 1.5
    low = ordered[0]
    if 0 < low < 0.35 * high:
        low = 0.0
    parts = max(2, min(6, rows // 4))
    step = round_step((high - low) or abs(high) or 1.0, parts)
    bottom = math.floor(low / step + 1e-9) * step
    top = math.ceil(high / step - 1e-9) * step
    if top <= bottom:
        top = bottom + step
    if ceiling is not None:
        top = min(top, ceiling)
        if top <= bottom:
            bottom = top - step
    ticks = [bottom + i * step for i in range(round((top - bottom) / step) + 1)]
    digits = max(0, -math.floor(math.log10(step) + 1e-9)) + (1 if f"{step:e}"[:3] == "2.5" else 0)
    return Axis(bottom, top, tuple((tick, f"{tick:.{min(digits, 5)}f}") for tick in ticks))


def log_axis(values: list[float], rows: int) -> Axis:
    """Axis for the decimal logarithms of positive values: limits and ticks in logarithms."""
    if not values:
        return Axis(0.0, 1.0, ((0.0, "1"), (1.0, "10")))
    low, high = math.floor(2 * min(values)) / 2, math.ceil(2 * max(values)) / 2
    if high <= low:
        high = low + 0.5
    mantissas = (1, 2, 5) if (high - low) * 3 <= max(3, rows // 2) else (1,)
    ticks = [
        (math.log10(m) + k, _short(m * 10.0**k))
        for k in range(math.floor(low), math.ceil(high) + 1)
        for m in mantissas
        if low - 1e-9 <= math.log10(m) + k <= high + 1e-9
    ]
    return Axis(low, high, tuple(ticks))


def _short(value: float) -> str:
    return f"{value:g}" if 1e-4 <= value < 1e5 else f"{value:.0e}"
