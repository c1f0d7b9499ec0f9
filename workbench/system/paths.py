"""The state folder, safe questions about paths, and files to skip in data folders."""

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
    """The folder for state (queue, logs): ``$WORKBENCH_STATE`` or the user's state folder."""
    given = os.environ.get("WORKBENCH_STATE")
    return Path(given) if given else platformdirs.user_state_path("workbench")


def config_folder() -> Path:
    """The user's own settings: ``$WORKBENCH_CONFIG`` or the user's configuration folder."""
    given = os.environ.get("WORKBENCH_CONFIG")
    return Path(given) if given else platformdirs.user_config_path("workbench")


def is_file(path: Path) -> bool:
    """Whether there is such a file; False for a path that no file can have (too long, NUL)."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_dir(path: Path) -> bool:
    """Whether there is such a folder; False where that cannot be found out."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


class Skipped:
    """The files and folders skipped below ``root``, each once."""

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root)
        self._why: dict[str, str] = {}

    def add(self, path: str, why: str) -> None:
        """Add a file or folder by its whole path, with the reason."""
        self._why[Path(path).relative_to(self.root).as_posix()] = why

    def listed(self) -> tuple[tuple[str, str], ...]:
        """(path, why) of all, by path: first what is no regular file, then left-behind files."""
        known = self._why.items()
        return tuple(sorted(known, key=lambda item: (left_behind(item[0]) != "", item)))


def left_behind(path: str) -> str:
    """Why a file or folder of this name is no data (``.DS_Store``, …); "" if it may be data."""
    for name in path.split("/"):
        if name.startswith(".") and name not in (".", ".."):
            return "its name begins with a dot"
        if name.casefold() in LEFT_BEHIND:
            return "left behind by an archive, a server or a desktop"
    return ""
