"""Asking about a path that a stranger may have written."""

from pathlib import Path


def is_file(path: Path) -> bool:
    """Whether there is such a file; a name that no file can have (too long, a NUL) is none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_dir(path: Path) -> bool:
    """Whether there is such a folder; one that cannot be asked about is not there."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False
