"""Reads Parquet files by pyarrow: tables, and Hugging Face's data sets as they lie on disk.

An image of those is the path ``<file>#<row>`` seen from the root. Nothing of the file runs.
"""

import io
import json
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

from workbench.catalog.listing import ImageFile, ImageListing, split_of
from workbench.errors import DataError
from workbench.system.regular_files import refuse_irregular

MISSING = "needs the package pyarrow: pip install 'workbench[parquet]'"


def parquet_columns(path: Path) -> dict[str, list[Any]]:
    """All columns of a table; raises :class:`DataError`."""
    table = _opened(path).read()
    return {name: table[name].to_pylist() for name in table.column_names}


def find_parquet(root: Path, image: str, label: str) -> ImageListing:
    """List the Parquet files below ``root`` by the columns of images and labels.

    The class names are those of the files' metadata, else the labels' own. Raises
    :class:`DataError`, naming the file, for what cannot be used.
    """
    shards = sorted(path for path in root.rglob("*.parquet"))
    if not shards:
        raise DataError(f"{root}: holds no .parquet files; data.root is a data set's folder")
    names: tuple[str, ...] = ()
    labels: dict[Path, list[Any]] = {}
    for shard in shards:
        file = _opened(shard)
        _check_columns(shard, file.schema_arrow, image, label)
        names = names or _class_names(file.schema_arrow, label)
        labels[shard] = file.read(columns=[label])[label].to_pylist()
    classes, index = _classes(names, labels)
    splits: dict[str, list[ImageFile]] = {"train": [], "validation": [], "test": []}
    for shard, values in labels.items():
        below, about = shard.relative_to(root).as_posix(), shard.stat()
        splits[split_of(below)] += [
            ImageFile(
                f"{below}#{image}#{row}",
                _number(index, value, f"{shard}: row {row}"),
                about.st_size,
                about.st_mtime_ns,
                about.st_mode,
            )
            for row, value in enumerate(values)
        ]
    if not splits["train"]:
        raise DataError(f"{root}: no .parquet file of the training split (train-….parquet)")
    return ImageListing.of_splits(root, classes, splits)


def open_row(path: Path) -> BinaryIO:
    """The image of a listed row; raises OSError where its bytes are not in the file."""
    shard, image, row = str(path).rsplit("#", 2)
    group, place = _place(shard, int(row))
    value = _images(shard, image, group)[place].as_py()
    data = value.get("bytes") if isinstance(value, dict) else value
    if not isinstance(data, bytes):
        raise OSError(0, "the file holds no bytes of this image")
    return io.BytesIO(data)


def _opened(path: Path) -> Any:
    """A ``pyarrow.parquet.ParquetFile``; raises :class:`DataError`."""
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ModuleNotFoundError:
        raise DataError(f"{path}: {MISSING}") from None
    try:
        refuse_irregular(path, path.stat())
        return ParquetFile(path)
    except (OSError, ArrowException) as error:
        words = getattr(error, "strerror", None) or (str(error).splitlines() or ["damaged"])[0]
        raise DataError(f"{path}: cannot be read as Parquet: {words}") from None


def _check_columns(shard: Path, schema: Any, image: str, label: str) -> None:
    for key, column in (("image_column", image), ("label_column", label)):
        if column not in schema.names:
            there = ", ".join(schema.names)
            raise DataError(
                f"{shard}: has no column {column!r} (its columns: {there}); set data.{key}"
            )


def _class_names(schema: Any, label: str) -> tuple[str, ...]:
    """The names in Hugging Face's metadata; () where there are none."""
    try:
        about = json.loads((schema.metadata or {})[b"huggingface"])
        return tuple(map(str, about["info"]["features"][label]["names"]))
    except (KeyError, TypeError, ValueError):
        return ()


def _classes(
    names: tuple[str, ...], labels: dict[Path, list[Any]]
) -> tuple[tuple[str, ...], dict[Any, int]]:
    """The class names, and the number of each label."""
    found = {value for values in labels.values() for value in values if value is not None}
    if all(isinstance(value, int) for value in found):
        count = max(len(names), max(found, default=-1) + 1)
        known = names if len(names) == count else tuple(f"class {n}" for n in range(count))
        return known, {number: number for number in range(count)}
    ordered = sorted(found, key=str)
    return tuple(map(str, ordered)), {value: number for number, value in enumerate(ordered)}


def _number(index: dict[Any, int], value: Any, where: str) -> int:
    try:
        return index[value]
    except (KeyError, TypeError):
        raise DataError(f"{where}: label {value!r}; one whole number or name is wanted") from None


@lru_cache(maxsize=32)
def _ends(shard: str) -> tuple[int, ...]:
    """The row after the last of each row group."""
    metadata = _opened(Path(shard)).metadata
    total, ends = 0, []
    for group in range(metadata.num_row_groups):
        total += metadata.row_group(group).num_rows
        ends.append(total)
    return tuple(ends)


def _place(shard: str, row: int) -> tuple[int, int]:
    """The row group of a row, and its place in it."""
    ends = _ends(shard)
    group = next(number for number, end in enumerate(ends) if row < end)
    return group, row - (ends[group - 1] if group else 0)


@lru_cache(maxsize=4)  # threads read rows in order: few groups are open at once
def _images(shard: str, image: str, group: int) -> Any:
    return _opened(Path(shard)).read_row_group(group, columns=[image])[image]
