"""The icon of each status of a run."""

ICONS = {
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


def icon(status: str) -> tuple[str, str]:
    """The icon of a status and its role (colour)."""
    return ICONS.get(status, ("?", "muted"))
