"""Where this program keeps its state, and asking about paths that a stranger may have written."""

import os
from pathlib import Path

import platformdirs

LEFT_BEHIND = frozenset(  # by archives, file servers, Windows and macOS; in any case of letters
    (
        "__macosx",
        "@eadir",
        "$recycle.bin",
        "system volume information",
        "lost+found",
        "thumbs.db",
        "desktop.ini",
    )
)


def state_folder() -> Path:
    """What is neither a run nor a cache: ``$WORKBENCH_STATE`` or the user's state folder."""
    given = os.environ.get("WORKBENCH_STATE")
    return Path(given) if given else platformdirs.user_state_path("workbench")


def config_folder() -> Path:
    """The user's own settings: ``$WORKBENCH_CONFIG`` or the user's configuration folder."""
    given = os.environ.get("WORKBENCH_CONFIG")
    return Path(given) if given else platformdirs.user_config_path("workbench")


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


class Skipped:
    """What is passed over below ``root``, by its path, each once however often it is met."""

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root)
        self._why: dict[str, str] = {}

    def add(self, path: str, why: str) -> None:
        """Note one file or folder by its whole path."""
        self._why[Path(path).relative_to(self.root).as_posix()] = why

    def listed(self) -> tuple[tuple[str, str], ...]:
        """(path, why): first what is no file, then what was left behind, each by its path."""
        known = self._why.items()
        return tuple(sorted(known, key=lambda item: (left_behind(item[0]) != "", item)))


def left_behind(path: str) -> str:
    """Why a file or folder of this name (or below one) is no part of the data; "" if it may be."""
    for name in path.split("/"):
        if name.startswith(".") and name not in (".", ".."):
            return "its name begins with a dot"
        if name.casefold() in LEFT_BEHIND:
            return "left behind by an archive, a server or a desktop"
    return ""
