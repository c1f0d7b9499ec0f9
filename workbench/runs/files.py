"""Opening the files of a run folder, which somebody else may have made, or a bad disk damaged.

Everything below a run folder is read and written through here. Reading follows no link, neither
of the file nor of a folder of the run's, opens regular files only, never waits, and reads no
more than a bound. Writing follows no link either: what is behind one is never touched.
"""

import errno
import json
import os
import stat
from io import BufferedReader
from pathlib import Path
from typing import Any

from workbench.config import parse_tables
from workbench.errors import RequestError
from workbench.paths import irregular, open_regular

MOST_TABLES = 1_000_000  # bytes of a TOML file
MOST_JSON = 64 << 20  # bytes of a JSON file: a layer table, an evaluation, a checkpoint's numbers
LINK = "is a link; a run's files are used only where they lie in its own folder"
INT64 = 1 << 63  # what TOML, JSON readers and sqlite agree to be a whole number


def open_to_read(path: Path, most: int | None = None, *, below: int = 0) -> BufferedReader:
    """Open a regular file of at most ``most`` bytes, ``below`` folders below its run's.

    Raises OSError, which says what is wrong with it.
    """
    _refuse_linked_folders(path, below)
    file = open_regular(path, follow=False)
    size = os.fstat(file.fileno()).st_size
    if most is not None and size > most:
        file.close()
        raise OSError(errno.EFBIG, f"larger than {most:,} bytes", str(path))
    return file


def read_bytes(path: Path, most: int, *, below: int = 0) -> bytes:
    """What a file holds, at most ``most`` bytes; raises OSError."""
    with open_to_read(path, most, below=below) as file:
        return file.read(most)


def read_tables(path: Path, *, below: int = 0) -> dict[str, Any]:
    """A TOML file as plain tables; raises :class:`RequestError`, which names it."""
    try:
        data = read_bytes(path, MOST_TABLES, below=below)
    except OSError as error:
        raise RequestError(f"{path}: {error.strerror or error}") from None
    return parse_tables(data, str(path))


def read_json(path: Path, *, below: int = 0) -> Any:
    """A JSON file; raises OSError, or ValueError where it is none that this program writes."""
    return parse_json(read_bytes(path, MOST_JSON, below=below))


def parse_json(data: bytes) -> Any:
    """JSON whose whole numbers fit into 64 bits; raises ValueError for anything else."""
    try:
        return json.loads(data, parse_int=_int64)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def open_to_append(path: Path, *, below: int = 0) -> int:
    """A descriptor to append to a regular file, made where there is none; raises OSError."""
    _refuse_linked_folders(path, below)
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
    try:
        descriptor = os.open(path, flags, 0o644)
    except OSError as error:
        raise _as_link(error, path) from None
    if wrong := irregular(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, wrong, str(path))
    return descriptor


def touch(path: Path) -> None:
    """Make an empty file, or set its time to now; raises OSError."""
    descriptor = open_to_append(path)
    try:
        os.utime(descriptor)
    finally:
        os.close(descriptor)


def make_folder(path: Path) -> None:
    """Make a folder in a run's, where it is not there; raises OSError where it is a link."""
    refuse_link(path)
    path.mkdir(exist_ok=True)


def refuse_link(path: Path) -> None:
    """Raise OSError where a path that others will open is a link, a pipe or a device."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if path.is_symlink():
        raise OSError(errno.ELOOP, LINK, str(path))
    if not stat.S_ISDIR(mode) and (wrong := irregular(mode)):
        raise OSError(errno.EINVAL, wrong, str(path))


def _refuse_linked_folders(path: Path, below: int) -> None:
    for folder in list(path.parents)[:below]:
        if folder.is_symlink():
            raise OSError(errno.ELOOP, LINK, str(folder))


def _as_link(error: OSError, path: Path) -> OSError:
    if error.errno == errno.ELOOP:
        return OSError(errno.ELOOP, LINK, str(path))
    if error.errno == errno.ENXIO:  # a pipe that nobody reads
        return OSError(errno.EINVAL, "is a named pipe or a socket, not a regular file", str(path))
    return error


def _int64(text: str) -> int:
    if len(text) > 20 or not -INT64 <= int(text) < INT64:
        raise ValueError("a whole number beyond 64 bits")
    return int(text)
