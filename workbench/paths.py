"""Where this program keeps its state, and asking about paths that a stranger may have written."""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

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


def open_regular(path: Path | str) -> BinaryIO:
    """Open a regular file, or a link to one, for reading; waits for nobody at the other end.

    The file is asked what it is after it is open, so that nothing can be put in its place
    between the two. Raises OSError, which says what it is where it is something else.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError as error:
        if error.errno in (errno.ENXIO, errno.EOPNOTSUPP):  # a socket cannot be opened
            raise OSError(error.errno, irregular(stat.S_IFSOCK), str(path)) from None
        raise
    try:
        if wrong := irregular(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, wrong, str(path))
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def irregular(mode: int) -> str:
    """What a file of this ``st_mode`` is where it is no regular file; "" where it is one."""
    if stat.S_ISREG(mode):
        return ""
    kinds = {stat.S_IFDIR: "folder", stat.S_IFIFO: "named pipe", stat.S_IFSOCK: "socket"}
    return f"is a {kinds.get(stat.S_IFMT(mode), 'device')}, not a regular file"


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
