"""Opens the files of run folders safely: anyone may have made the folder.

Everything below a run folder is read and written through here. Links are not followed, neither
of files nor of the run's folders; only regular files are opened, without waiting; no more than
a bound is read.
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
from workbench.system import regular_files

MOST_TABLES = 1_000_000  # bytes of a TOML file
MOST_JSON = 64 << 20  # bytes of a JSON file: a layer table, an evaluation, a checkpoint's numbers
LINK = "is a link; a run's files are used only where they lie in its own folder"
INT64 = 1 << 63  # what TOML, JSON readers and sqlite agree to be a whole number


def open_to_read(path: Path, *, below: int = 0) -> BufferedReader:
    """Open a regular file, ``below`` folders below its run's; raises OSError."""
    _refuse_links(path, below)
    return regular_files.open_regular(path, follow=False)


def read_bytes(path: Path, most: int, *, below: int = 0) -> bytes:
    """The content of a file of at most ``most`` bytes; raises OSError."""
    _refuse_links(path, below)
    return regular_files.read_regular(path, most, follow=False)


def read_tables(path: Path, *, below: int = 0) -> dict[str, Any]:
    """A TOML file as plain tables; raises :class:`RequestError`, which names it."""
    try:
        data = read_bytes(path, MOST_TABLES, below=below)
    except OSError as error:
        raise RequestError(f"{path}: {error.strerror or error}") from None
    return parse_tables(data, str(path))


def tables_or_empty(path: Path, *, below: int = 0) -> dict[str, Any]:
    """As :func:`read_tables`, but {} where there is no such file or it cannot be read."""
    if not os.path.lexists(path):
        return {}
    try:
        return read_tables(path, below=below)
    except RequestError:
        return {}


def read_json(path: Path, *, below: int = 0) -> Any:
    """A JSON file; raises OSError, or ValueError for what this program would not write."""
    return parse_json(read_bytes(path, MOST_JSON, below=below))


def parse_json(data: bytes) -> Any:
    """JSON whose whole numbers fit into 64 bits; raises ValueError for anything else."""
    try:
        return json.loads(data, parse_int=_int64)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def open_to_append(path: Path, *, below: int = 0) -> int:
    """A descriptor to append to a regular file, created if missing; raises OSError."""
    _refuse_links(path, below)
    return regular_files.open_to_write(path)


def touch(path: Path) -> None:
    """Make an empty file, or set its time to now; raises OSError."""
    descriptor = open_to_append(path)
    try:
        os.utime(descriptor)
    finally:
        os.close(descriptor)


def make_folder(path: Path) -> None:
    """Make a folder of a run if it is missing; raises OSError where it is a link."""
    _refuse_links(path, 0)
    regular_files.make_folder(path)


def refuse_link(path: Path) -> None:
    """Raise OSError where a path is a link, a pipe or a device."""
    _refuse_links(path, 0)
    try:
        about = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(about.st_mode):
        regular_files.refuse_irregular(path, about)


def _refuse_links(path: Path, below: int) -> None:
    """Raise OSError where a file, or one of ``below`` folders above it, is a link."""
    for each in (path, *list(path.parents)[:below]):
        if each.is_symlink():
            raise OSError(errno.ELOOP, LINK, str(each))


def _int64(text: str) -> int:
    if len(text) > 20 or not -INT64 <= int(text) < INT64:
        raise ValueError("a whole number beyond 64 bits")
    return int(text)
