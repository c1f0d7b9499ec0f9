"""How fast the line to the terminal is: on a slow one the screens look and draw less often."""

from workbench.system.terminal import SLOW_LINK as SLOW
from workbench.system.terminal import is_slow

__all__ = ["SLOW", "interval_factor", "rest"]


def interval_factor() -> float:
    """By how much the time between two looks is stretched: 1, on a slow line 8."""
    return 8.0 if is_slow() else 1.0


def rest() -> int:
    """How many looks a run's plots and tables rest after one: on a slow line several."""
    return 10 if is_slow() else 1
