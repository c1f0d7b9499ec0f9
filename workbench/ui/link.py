"""How fast the line to the terminal is: on a slow one the screens look and draw less often."""

import os

SLOW = "WORKBENCH_SLOW_LINK"  # set to 1: a quarter of the bytes


def pace() -> float:
    """By how much the time between two looks is stretched: 1, on a slow line 8."""
    return 8.0 if _is_slow() else 1.0


def rest() -> int:
    """How many looks a run's plots and tables rest after one: on a slow line several."""
    return 8 if _is_slow() else 1


def _is_slow() -> bool:
    return os.environ.get(SLOW, "") not in ("", "0")
