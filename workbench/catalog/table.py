"""Images named by a table with the columns ``file``, ``label`` and, where there is one, ``split``.

CSV, tab-separated or Parquet. Free of torch: the launcher reads the table before a run exists.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from workbench.catalog.listing import ImageFile, ImageListing
from workbench.catalog.parquet import parquet_columns
from workbench.errors import DataError
from workbench.system.regular_files import open_regular, refuse_irregular

NEEDED, SPLIT = ("file", "label"), "split"
SEVERAL = "|"  # between the labels of one image
SPLITS = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
}


@dataclass(frozen=True)
class ImageTable:
    """The images of a table; ``listing`` has the first label of each, ``labels`` all by path."""

    listing: ImageListing
    labels: dict[str, tuple[int, ...]]

    @property
    def several(self) -> str:
        """The path of an image that has not exactly one label; "" where each has one."""
        return next((path for path, found in self.labels.items() if len(found) != 1), "")


def read_table(root: Path, name: str, *, other_columns: bool = False) -> ImageTable:
    """Read the table ``name`` (below ``root``, or absolute); its images lie below ``root``.

    Raises :class:`DataError`, naming table and row, for a table that cannot be read, lacks a
    column or has others, a label that is empty, a split that is none, and an image that is
    missing, named twice or outside ``root``.
    """
    path = root / name
    columns = _columns(path)
    _check_columns(path, list(columns), other_columns)
    words = [[label.strip() for label in text.split(SEVERAL)] for text in columns["label"]]
    words = [[label for label in row if label] for row in words]
    classes = in_order({label for row in words for label in row})
    if len(classes) < 2:
        raise DataError(f"{path}: column label has {len(classes)} classes; needs at least 2")
    index = {label: number for number, label in enumerate(classes)}
    splits: dict[str, list[ImageFile]] = {"train": [], "validation": [], "test": []}
    labels: dict[str, tuple[int, ...]] = {}
    places = columns.get(SPLIT) or ["train"] * len(words)
    for row, (file, found, place) in enumerate(zip(columns["file"], words, places, strict=True)):
        where = f"{path}: row {row + 1}"
        if place.strip().lower() not in SPLITS:
            raise DataError(f"{where}: split {place!r}; there are train, validation and test")
        numbers = tuple(sorted({index[label] for label in found}))
        image = _image(root, file, numbers[0] if numbers else 0, where)
        if image.path in labels:
            raise DataError(f"{where}: {file} is named twice")
        labels[image.path] = numbers
        splits[SPLITS[place.strip().lower()]].append(image)
    if not splits["train"]:
        raise DataError(f"{path}: no row has the split train")
    return ImageTable(ImageListing.of_splits(root, classes, splits), labels)


def in_order(names: set[str]) -> tuple[str, ...]:
    """Class names in alphabetical order; numbers by their size."""
    numbers = all(name.isdecimal() for name in names)
    return tuple(sorted(names, key=lambda name: (int(name) if numbers else 0, name)))


def _columns(path: Path) -> dict[str, list[str]]:
    """The columns of a table as text."""
    if path.suffix == ".parquet":
        return {
            name: ["" if value is None else str(value) for value in values]
            for name, values in parquet_columns(path).items()
        }
    try:
        with open_regular(path) as file:
            text = file.read().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "is no UTF-8 text"
        raise DataError(f"{path}: {why}; data.file names a table of images") from None
    return _parse(path, text)


def _parse(path: Path, text: str) -> dict[str, list[str]]:
    delimiter = "\t" if path.suffix == ".tsv" else ","
    try:
        rows = [row for row in csv.reader(text.splitlines(), delimiter=delimiter) if row]
    except csv.Error as error:
        raise DataError(f"{path}: is no table: {error}") from None
    if not rows:
        raise DataError(f"{path}: is empty; its first line names the columns file and label")
    names = [name.strip() for name in rows[0]]
    for number, row in enumerate(rows[1:], 1):
        if len(row) != len(names):
            raise DataError(f"{path}: row {number} has {len(row)} values; there are {len(names)}")
    return {name: [row[at] for row in rows[1:]] for at, name in enumerate(names)}


def _check_columns(path: Path, names: Sequence[str], other_columns: bool) -> None:
    shown = ", ".join(names) or "none"
    for needed in NEEDED:
        if needed not in names:
            raise DataError(f"{path}: has no column {needed!r} (its columns: {shown})")
    others = [name for name in names if name not in (*NEEDED, SPLIT)]
    if others and not other_columns:
        raise DataError(
            f"{path}: unknown column {others[0]!r}; there are file, label and split: set "
            "data.other_columns=true to leave out the others"
        )


def _image(root: Path, file: str, label: int, where: str) -> ImageFile:
    """The listed file of a row; raises :class:`DataError` where it is none below ``root``."""
    given = PurePosixPath(file)
    parts = list(_below(given, root))
    if not file.strip() or not parts or ".." in parts:
        raise DataError(f"{where}: {file!r} is no file below {root}")
    path = root.joinpath(*parts)
    try:
        about = path.stat()
        refuse_irregular(path, about)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "is no name of a file"
        raise DataError(f"{where}: {file}: {why} (looked for in {root})") from None
    return ImageFile("/".join(parts), label, about.st_size, about.st_mtime_ns, about.st_mode)


def _below(given: PurePosixPath, root: Path) -> Iterator[str]:
    """The parts of a path seen from ``root``; none for an absolute one elsewhere."""
    if not given.is_absolute():
        yield from given.parts
    elif given.is_relative_to(root.as_posix()):
        yield from given.relative_to(root.as_posix()).parts
