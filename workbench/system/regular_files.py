"""Opening files that somebody else may have put there: regular ones only, and never waiting.

A named pipe, a socket or a device in the place of a file would keep whoever opens it
waiting, or feed it for ever. What is refused here is an :class:`OSError` whose
``strerror`` says why and whose ``filename`` says what.
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
    """Everything of a regular file of ``most`` bytes at most; raises OSError as above."""
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
    """A descriptor that appends to a regular file, which is made if it is not there.

    Never through a link, nor into a file that has a second name elsewhere (a hard link).
    With ``new`` whatever was there (no folder) is taken away first and the file is empty.
    Raises :class:`OSError` for anything else, without waiting for it.
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
    """Make a folder where there is none; raises OSError where a link or anything else is."""
    try:
        path.mkdir()
    except FileExistsError:
        check_folder(path)


def check_folder(path: Path) -> None:
    """Raise :class:`OSError` where ``path`` is no folder but a link to one, or anything else."""
    mode = path.lstat().st_mode
    if not stat.S_ISDIR(mode):
        raise OSError(errno.ENOTDIR, f"is {_kind(mode)}, not a folder", str(path))


def refuse_irregular(path: Path, about: os.stat_result) -> None:
    """Raise :class:`OSError` where what the system says of ``path`` is of no regular file."""
    if not stat.S_ISREG(about.st_mode):
        raise OSError(errno.EINVAL, f"is {_kind(about.st_mode)}, not a file", str(path))


def _open(path: Path, flags: int) -> int:
    """As :func:`os.open`, and looked at once more: it may be another one by now."""
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
