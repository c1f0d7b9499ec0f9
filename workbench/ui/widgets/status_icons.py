"""Icons of a run's status, the same on every screen."""

MARKS = {
    "running": ("●", "live"),
    "paused": ("‖", "warn"),
    "stalled": ("◌", "warn"),
    "starting": ("○", "live"),
    "queued": ("…", "muted"),
    "finished": ("✓", "good"),
    "stopped": ("■", "muted"),
    "failed": ("✗", "bad"),
    "crashed": ("✗", "bad"),
}


def mark(status: str) -> tuple[str, str]:
    """The sign of a status and its role."""
    return MARKS.get(status, ("?", "muted"))
