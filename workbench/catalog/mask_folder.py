"""A folder of images and one of masks of the same names, found without decoding images.

Understood layouts::

    root/train/images/…  root/train/masks/…   (and the same below val/ or valid/, and test/)
    root/images/…        root/masks/…         (split by ``data.test`` and ``data.validation``)

A mask is a grey or palette image whose values are class numbers. ``root/classes.txt`` names
the classes, one a line; without it they are numbered up to the largest value. The launcher
looks here at the masks before a run exists, so this file knows no torch.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from workbench.catalog.image_folder import VALIDATION_NAMES, images_below
from workbench.catalog.listing import ImageFile
from workbench.errors import DataError
from workbench.system.regular_files import open_regular, read_regular

LAYOUT = "put images into images/ and masks of the same names into masks/"
CHECKED = 5000  # masks looked at before a run exists; the others are when they are decoded
MOST_BYTES = 1 << 20  # of classes.txt
MASK_MODES = frozenset(("1", "L", "P"))


@dataclass(frozen=True)
class MaskedImage:
    """One image and its mask, as files below the root; their label is not used."""

    image: ImageFile
    mask: ImageFile


@dataclass(frozen=True)
class MaskFolder:
    """The classes by their value in a mask, and the images of each split by their path."""

    root: Path
    classes: tuple[str, ...]
    train: tuple[MaskedImage, ...]
    validation: tuple[MaskedImage, ...]
    test: tuple[MaskedImage, ...]
    skipped: tuple[tuple[str, str], ...]


def find_classes(root: Path, ignore: int) -> tuple[str, ...]:
    """The class names; raises :class:`DataError` for a value of a mask that is no class."""
    return find_masks(root, ignore).classes


def find_masks(root: Path, ignore: int) -> MaskFolder:
    """List images and masks, and look at the masks' values; ``ignore`` is no class.

    Raises :class:`DataError`, which names the file and what would be right.
    """
    skipped: list[tuple[str, str]] = []
    parts = {split: _pairs(root, at, skipped) for split, at in _layout(root).items()}
    every = [pair for pairs in parts.values() for pair in pairs]
    classes = _classes(root, every, ignore)
    train, validation, test = (tuple(parts.get(s, ())) for s in ("train", "validation", "test"))
    return MaskFolder(root, classes, train, validation, test, tuple(skipped))


def mask_values(path: Path) -> set[int]:
    """The values of a mask; raises OSError, and ValueError for what is no mask."""
    from PIL import Image

    with open_regular(path) as file, Image.open(file) as image:
        if image.mode not in MASK_MODES:
            raise ValueError(f"is {image.mode}; a mask is grey or has a palette, one class a value")
        return {value for value, count in enumerate(image.histogram()) if count}


def _layout(root: Path) -> dict[str, Path]:
    if not root.is_dir():
        raise DataError(f"{root}: no such folder; {LAYOUT} there")
    if (root / "images").is_dir():
        return {"train": root}
    if not (root / "train" / "images").is_dir():
        raise DataError(f"{root}: has neither images/ nor train/images/; {LAYOUT} there")
    found = {"train": root / "train"}
    names = {"validation": VALIDATION_NAMES, "test": ("test",)}
    for split, words in names.items():
        for word in words:
            if (root / word / "images").is_dir():
                found.setdefault(split, root / word)
    return found


def _pairs(root: Path, folder: Path, skipped: list[tuple[str, str]]) -> list[MaskedImage]:
    """Images with their masks; an image without one is an error, a mask without one is passed."""
    if not (folder / "masks").is_dir():
        raise DataError(f"{folder}: has images/ but no masks/; {LAYOUT} there")
    images, passed = images_below(folder / "images")
    masks, passed_masks = images_below(folder / "masks")
    for name, entries in (("images", passed), ("masks", passed_masks)):
        below = (folder / name).relative_to(root)
        skipped += [(f"{below}/{path}", why) for path, why in entries]
    by_stem = {_stem(mask, folder / "masks"): mask for mask in masks}
    pairs = []
    for image in images:
        mask = by_stem.get(_stem(image, folder / "images"))
        if mask is None:
            raise DataError(f"{image}: has no mask; put one of its name into {folder / 'masks'}")
        pairs.append(MaskedImage(_file(image, root), _file(mask, root)))
    if not pairs:
        raise DataError(f"{folder / 'images'}: holds no image")
    return pairs


def _stem(path: Path, folder: Path) -> str:
    return path.relative_to(folder).with_suffix("").as_posix()


def _file(path: Path, root: Path) -> ImageFile:
    stat = os.stat(path)  # noqa: PTH116 (as fast as it can be)
    name = path.relative_to(root).as_posix()
    return ImageFile(name, 0, stat.st_size, stat.st_mtime_ns, stat.st_mode)


def _classes(root: Path, pairs: list[MaskedImage], ignore: int) -> tuple[str, ...]:
    names = _named(root)
    step = max(1, len(pairs) // CHECKED)
    largest = -1
    for path, values in _looked_at(root, pairs[::step]):
        highest = max(values - {ignore}, default=-1)
        if names and highest >= len(names):
            raise DataError(
                f"{path}: has the value {highest}; classes.txt names {len(names)} classes, "
                f"0 to {len(names) - 1}, and {ignore} is ignored"
            )
        largest = max(largest, highest)
    if not names and largest < 1:
        raise DataError(f"{root}: its masks hold fewer than two classes")
    return names or tuple(f"class {value}" for value in range(largest + 1))


def _looked_at(root: Path, pairs: list[MaskedImage]) -> Iterator[tuple[Path, set[int]]]:
    for pair in pairs:
        path = root / pair.mask.path
        try:
            yield path, mask_values(path)
        except ValueError as error:
            raise DataError(f"{path}: {error}") from None
        except Exception:  # noqa: BLE001 (a stranger's file fails in any way a decoder can)
            continue  # a broken file: decoding lists it


def _named(root: Path) -> tuple[str, ...]:
    path = root / "classes.txt"
    if not os.path.lexists(path):
        return ()
    try:
        text = read_regular(path, MOST_BYTES).decode()
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise DataError(f"{path}: is not UTF-8 text") from None
    names = tuple(line.strip() for line in text.splitlines() if line.strip())
    if len(names) < 2 or len(set(names)) < len(names):
        raise DataError(f"{path}: needs two class names or more, one a line, each once")
    return names
