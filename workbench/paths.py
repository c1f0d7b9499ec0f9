"""Where this program keeps its state, and asking about paths that a stranger may have written."""

import os
from pathlib import Path

import platformdirs


def state_folder() -> Path:
    """What is neither a run nor a cache: ``$WORKBENCH_STATE`` or the user's state folder."""
    given = os.environ.get("WORKBENCH_STATE")
    return Path(given) if given else platformdirs.user_state_path("workbench")


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
