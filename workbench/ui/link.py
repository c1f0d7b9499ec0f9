"""How fast the line to the terminal is: on a slow one the screens look less often."""

import os

SLOW = "WORKBENCH_SLOW_LINK"  # set to 1: a quarter of the bytes


def pace() -> float:
    """By how much the time between two looks is stretched: 1, on a slow line 8."""
    return 8.0 if os.environ.get(SLOW, "") not in ("", "0") else 1.0
