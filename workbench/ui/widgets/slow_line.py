"""The intervals of screens, which are longer on a slow line to the terminal."""

from workbench.system.terminal import SLOW_LINK as SLOW
from workbench.system.terminal import is_slow

__all__ = ["SLOW", "interval_factor", "rest"]


def interval_factor() -> float:
    """The factor on polling intervals: 1, on a slow line 8."""
    return 8.0 if is_slow() else 1.0


def rest() -> int:
    """The ticks between two updates of a run's plots and tables: 1, on a slow line more."""
    return 10 if is_slow() else 1
