"""A curve in one line of text."""

from collections.abc import Sequence

LEVELS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float], width: int = 0, *, low: float | None = None) -> str:
    """A character a value, from ``low`` (the least value, if not given) to the greatest one.

    With ``width`` it has that many characters: of more values every n-th one and the last, or
    spaces at the end.
    """
    if width and len(values) > width:
        step = len(values) / width
        values = [values[int((i + 1) * step) - 1] for i in range(width - 1)] + [values[-1]]
    if not values:
        return " " * width
    low = min(values) if low is None else low
    span = (max(values) - low) or 1.0
    return "".join(LEVELS[int((value - low) / span * 7.999)] for value in values).ljust(width)
