"""Lists tar shards as WebDataset writes them: ``key.jpg`` and ``key.cls`` side by side.

An image is the path ``<shard>#<first byte>+<bytes>`` seen from the root; it is read from there
without unpacking. Shards are named after their split (``train-0000.tar``, ``val-0000.tar``).
"""

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from workbench.catalog.listing import SUFFIXES, ImageFile, ImageListing, split_of
from workbench.errors import DataError
from workbench.system.regular_files import open_regular

LABEL = ".cls"  # a whole number as text
NAMES = "classes.txt"  # class names beside the shards, one a line
LONGEST = 64  # bytes of a label


def find_shards(root: Path) -> ImageListing:
    """List the shards below ``root``.

    Raises :class:`DataError`, naming the shard, for what cannot be read (compressed ones among
    them), an image without a label and a label that is no number.
    """
    shards = sorted(root.rglob("*.tar"))
    if not shards:
        raise DataError(f"{root}: holds no .tar shards; data.root is the folder of the shards")
    splits: dict[str, list[ImageFile]] = {"train": [], "validation": [], "test": []}
    for shard in shards:
        splits[split_of(shard.relative_to(root).as_posix())] += _listed(root, shard)
    if not splits["train"]:
        raise DataError(f"{root}: no shard of the training split (train-….tar) with images")
    highest = max(image.label for images in splits.values() for image in images)
    classes = _names(root) or tuple(f"class {number}" for number in range(highest + 1))
    if highest >= len(classes):
        raise DataError(f"{root / NAMES}: names {len(classes)} classes; there is a label {highest}")
    return ImageListing.of_splits(root, classes, splits)


def open_member(path: Path) -> BinaryIO:
    """The image of a listed member."""
    shard, _, place = str(path).rpartition("#")
    first, length = map(int, place.split("+"))
    with open_regular(Path(shard)) as file:
        file.seek(first)
        return io.BytesIO(file.read(length))


def _listed(root: Path, shard: Path) -> Iterator[ImageFile]:
    """The images of a shard in its order."""
    below, about = shard.relative_to(root).as_posix(), shard.stat()
    images: dict[str, str] = {}
    labels: dict[str, int] = {}
    try:
        with open_regular(shard) as file, tarfile.open(fileobj=file, mode="r:") as archive:
            for member in archive:
                key, suffix = _split_name(member.name)
                if not member.isreg():
                    continue
                if suffix in SUFFIXES:
                    images.setdefault(key, f"{below}#{member.offset_data}+{member.size}")
                elif suffix == LABEL:
                    labels[key] = _label(archive, member, shard)
    except (OSError, tarfile.TarError) as error:
        words = getattr(error, "strerror", None) or str(error) or "damaged"
        raise DataError(f"{shard}: cannot be read as a plain tar file: {words}") from None
    for key, path in images.items():
        if key not in labels:
            raise DataError(f"{shard}: {key} has an image and no label ({key}{LABEL})")
        size = int(path.rpartition("+")[2])
        yield ImageFile(path, labels[key], size, about.st_mtime_ns, about.st_mode)


def _split_name(name: str) -> tuple[str, str]:
    """Key and suffix: the key ends at the first dot of the last part."""
    folder, slash, last = name.rpartition("/")
    key, dot, suffix = last.partition(".")
    return folder + slash + key, (dot + suffix).lower()


def _label(archive: tarfile.TarFile, member: tarfile.TarInfo, shard: Path) -> int:
    file = archive.extractfile(member)
    text = file.read(LONGEST).decode("ascii", "replace").strip() if file else ""
    if not text.isdecimal():
        raise DataError(
            f"{shard}: {member.name} holds {text!r}; a whole number from 0 on is wanted"
        )
    return int(text)


def _names(root: Path) -> tuple[str, ...]:
    try:
        with open_regular(root / NAMES) as file:
            text = file.read().decode("utf-8")
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{root / NAMES}: cannot be read: {error}") from None
    return tuple(filter(None, map(str.strip, text.splitlines())))
