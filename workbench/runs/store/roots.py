"""Added runs directories, whose runs are listed and found with one's own."""

from collections.abc import Sequence
from pathlib import Path

import tomli_w

from workbench.config import read_tables
from workbench.errors import RequestError
from workbench.runs.store.atomic import write_atomically
from workbench.system.paths import is_dir

ROOTS = ".roots.toml"


def all_roots(root: Path) -> list[Path]:
    """A runs directory and those added to it, itself first, without missing ones."""
    return [root, *(path for path in other_roots(root) if is_dir(path))]


def other_roots(root: Path) -> list[Path]:
    """The runs directories added to one, also those that are missing now."""
    path = root / ROOTS
    if not path.is_file():
        return []
    try:
        listed = read_tables(path).get("roots")
    except RequestError:
        return []
    return [Path(str(each)) for each in listed] if isinstance(listed, list) else []


def root_names(roots: Sequence[Path]) -> dict[str, str]:
    """Short names for runs directories: the shortest ends of their paths that differ."""
    parts = 1
    while len({root.parts[-parts:] for root in roots}) < len(set(roots)):
        parts += 1
    return {str(root): "/".join(root.parts[-parts:]).lstrip("/") or str(root) for root in roots}


def add_root(root: Path, other: Path) -> None:
    """Add another runs directory to ``root``."""
    other = other.expanduser().absolute()
    if not is_dir(other):
        raise RequestError(f"{other}: no such folder")
    if other in (root, *other_roots(root)):
        raise RequestError(f"{other}: is among the runs directories already")
    _write_roots(root, [*other_roots(root), other])


def remove_root(root: Path, other: Path) -> None:
    """Remove an added runs directory from the list; its runs are not touched."""
    other = other.expanduser().absolute()
    if other not in other_roots(root):
        raise RequestError(f"{other}: is no runs directory that was added to {root}")
    _write_roots(root, [each for each in other_roots(root) if each != other])


def _write_roots(root: Path, others: list[Path]) -> None:
    try:
        root.mkdir(parents=True, exist_ok=True)
        text = tomli_w.dumps({"roots": [str(each) for each in others]})
        write_atomically(root / ROOTS, text.encode())
    except OSError as error:
        raise RequestError(f"{root / ROOTS}: cannot be written: {error.strerror}") from None
