"""Opens regular files only: a pipe, socket or device in their place is refused, not waited for.

What is refused raises :class:`OSError` with a ``strerror`` that says why and the ``filename``.
"""

import errno
import os
import stat
from contextlib import suppress
from io import BufferedReader
from pathlib import Path

_KINDS = (
    (stat.S_ISLNK, "a link"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
_SAFELY = os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_NEW = 0o666  # permissions of a new file, less what the umask takes


def open_regular(path: Path, *, follow: bool = True) -> BufferedReader:
    """Open a regular file for reading; a link to one too where ``follow`` is set.

    Raises :class:`OSError` for anything else, without waiting for it.
    """
    flags = os.O_RDONLY | _SAFELY | (0 if follow else os.O_NOFOLLOW)
    refuse_irregular(path, path.stat(follow_symlinks=follow))  # some devices act on being opened
    return open(_open(path, flags), "rb")


def read_regular(path: Path, most: int, *, follow: bool = True) -> bytes:
    """The content of a regular file of at most ``most`` bytes; raises OSError."""
    with open_regular(path, follow=follow) as file:
        if os.fstat(file.fileno()).st_size > most:
            raise _too_large(path, most)
        parts, held = [], 0
        while part := file.read(most + 1 - held):
            parts.append(part)
            held += len(part)
            if held > most:  # it grew, or the system does not know its size (/proc)
                raise _too_large(path, most)
    return b"".join(parts)


def open_to_write(path: Path, *, new: bool = False) -> int:
    """A descriptor that appends to a regular file, which is created if missing.

    Never through a link, nor into a file with a second name (a hard link). With ``new`` a file
    that is there is deleted first. Raises :class:`OSError` for anything else, without waiting.
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | _SAFELY
    if new:
        path.unlink(missing_ok=True)
        return _open(path, flags | os.O_EXCL)
    with suppress(FileNotFoundError):  # it is made now
        refuse_irregular(path, path.lstat())
    descriptor = _open(path, flags)
    if os.fstat(descriptor).st_nlink > 1:
        os.close(descriptor)
        raise OSError(errno.EMLINK, "has a second name elsewhere (a hard link)", str(path))
    return descriptor


def make_folder(path: Path) -> None:
    """Make a folder if it is missing; raises OSError where a link or file is in its place."""
    try:
        path.mkdir()
    except FileExistsError:
        check_folder(path)


def check_folder(path: Path) -> None:
    """Raise :class:`OSError` where ``path`` is no folder, or a link to one."""
    mode = path.lstat().st_mode
    if not stat.S_ISDIR(mode):
        raise OSError(errno.ENOTDIR, f"is {_kind(mode)}, not a folder", str(path))


def refuse_irregular(path: Path, about: os.stat_result) -> None:
    """Raise :class:`OSError` where ``about``, the status of ``path``, is of no regular file."""
    if not stat.S_ISREG(about.st_mode):
        raise OSError(errno.EINVAL, f"is {_kind(about.st_mode)}, not a file", str(path))


def _open(path: Path, flags: int) -> int:
    """Open and check again: the file may have been replaced meanwhile."""
    descriptor = os.open(path, flags, _NEW)
    try:
        refuse_irregular(path, os.fstat(descriptor))
        os.set_blocking(descriptor, True)  # a regular file never blocks; what inherits it need not
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _kind(mode: int) -> str:
    return next((name for is_one, name in _KINDS if is_one(mode)), "a regular file")


def _too_large(path: Path, most: int) -> OSError:
    return OSError(errno.EFBIG, f"is larger than {most:,} bytes", str(path))
