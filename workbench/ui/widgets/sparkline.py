"""A curve in one line of text. Pure."""

from collections.abc import Sequence

LEVELS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float], low: float | None = None, high: float | None = None) -> str:
    """One character a value, from ``low`` (the least, if not given) to ``high`` (the greatest).

    A curve that does not move is drawn at mid-height.
    """
    if not values:
        return ""
    low = min(values) if low is None else low
    high = max(values) if high is None else high
    if high <= low:
        return LEVELS[3] * len(values)
    top = len(LEVELS) - 1
    steps = (round((value - low) / (high - low) * top) for value in values)
    return "".join(LEVELS[min(top, max(0, step))] for step in steps)
