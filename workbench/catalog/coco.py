"""Lists images with boxes in COCO format, without decoding an image.

Understood layouts, for training and (``val``, ``valid`` or ``test``) for the test::

    root/annotations/instances_train2017.json   root/annotations/instances_val2017.json
    root/train/_annotations.coco.json           root/valid/_annotations.coco.json
    root/annotations.json                       (split by ``data.test``)

Images lie beside the file, in the folder of its name (train2017), or in images/. Images of names
that are :func:`workbench.system.paths.left_behind` are skipped and listed. Free of torch: the
launcher reads the classes here before a run exists.
"""

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from workbench.catalog.boxed import Box, BoxedImage, BoxListing, Outline, file_of
from workbench.errors import DataError
from workbench.system.paths import left_behind
from workbench.system.regular_files import read_regular

LAYOUT = "put annotations/instances_train*.json there, with the images in train*/"
SPLITS = ("train", "test")
TEST_NAMES = ("val", "valid", "test")
MOST_BYTES = 2 << 30  # COCO's own file is 0.45 GB


@dataclass(frozen=True)
class _Entry:
    """One image as the annotations describe it."""

    name: str
    width: int
    height: int
    boxes: tuple[Box, ...]
    outlines: tuple[Outline, ...] = ()


@dataclass(frozen=True)
class _Annotations:
    """The content of the annotation files, by split; ``skipped`` has (name, why)."""

    classes: tuple[str, ...]
    files: dict[str, Path]
    splits: dict[str, list[_Entry]]  # empty where there is no file
    skipped: list[tuple[str, str]]


def find_classes(root: Path) -> tuple[str, ...]:
    """The class names; raises :class:`DataError` where there is no such data set."""
    path = _find(root)["train"]
    return tuple(_categories(_load(path), path).values())


def find_labels(root: Path) -> tuple[tuple[str, ...], list[set[int]], list[set[int]]]:
    """The class names, and the classes of each training and test image, from the annotations.

    Raises :class:`DataError` as :func:`read_coco`.
    """
    read = _read(root)
    train, test = (
        [{box[4] for box in entry.boxes} for entry in read.splits[split]] for split in SPLITS
    )
    return read.classes, train, test


def read_coco(root: Path, *, outlines: bool = False) -> BoxListing:
    """Read the annotations, with the objects' outlines where they are wanted.

    Raises :class:`DataError`, which names the file and what is wrong.
    """
    read = _read(root, outlines=outlines)
    train, test = (_images(root, read.files.get(split), read.splits[split]) for split in SPLITS)
    return BoxListing(root, read.classes, train, test, tuple(read.skipped))


def _read(root: Path, *, outlines: bool = False) -> _Annotations:
    files = _find(root)
    read = _Annotations((), files, {split: [] for split in SPLITS}, [])
    names: dict[int, str] = {}
    for split, path in files.items():
        document = _load(path)
        found = _categories(document, path)
        names = names or found
        if found != names:
            raise DataError(f"{path}: has other categories than {files['train']}")
        entries = _entries(path, document, list(names), read.skipped)
        drawn = _outlines(path, document, list(names)) if outlines else {}
        read.splits[split] = [
            replace(entry, outlines=tuple(drawn.get(entry.name, ()))) for entry in entries
        ]
    return replace(read, classes=tuple(names.values()))


def _images(root: Path, path: Path | None, entries: list[_Entry]) -> tuple[BoxedImage, ...]:
    """The images of an annotation file, with their files' size and time."""
    if path is None:
        return ()
    folder = _folder(root, path, entries[0].name)
    return tuple(
        BoxedImage(
            file_of(folder / entry.name), entry.width, entry.height, entry.boxes, entry.outlines
        )
        for entry in entries
    )


def _find(root: Path) -> dict[str, Path]:
    if not root.is_dir():
        raise DataError(f"{root}: no such folder; {LAYOUT}")
    found: dict[str, Path] = {}
    for split, words in {"train": ("train",), "test": TEST_NAMES}.items():
        for word in words:
            listed = sorted(root.glob(f"annotations/instances_{word}*.json"))
            listed += sorted(root.glob(f"{word}/_annotations.coco.json"))
            if listed and split not in found:
                found[split] = listed[0]
    for name in ("annotations.json", "_annotations.coco.json"):
        if "train" not in found and os.path.lexists(root / name):
            found["train"] = root / name
    if "train" not in found:
        raise DataError(f"{root}: holds no COCO annotations; {LAYOUT}")
    return found


def _load(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(read_regular(path, MOST_BYTES).decode())
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: not valid JSON: {error}") from None
    wanted = ("images", "annotations", "categories")
    if not isinstance(document, dict) or not all(
        isinstance(document.get(key), list) for key in wanted
    ):
        raise DataError(f"{path}: not in COCO format: needs the lists {', '.join(wanted)}")
    return document


def _categories(document: dict[str, Any], path: Path) -> dict[int, str]:
    try:
        pairs = {int(entry["id"]): str(entry["name"]) for entry in document["categories"]}
    except (KeyError, TypeError, ValueError, OverflowError):
        raise DataError(f"{path}: a category needs an id and a name") from None
    if not pairs:
        raise DataError(f"{path}: has no categories")
    return dict(sorted(pairs.items()))


def _entries(
    path: Path, document: dict[str, Any], ids: list[int], skipped: list[tuple[str, str]]
) -> list[_Entry]:
    place = {category: number for number, category in enumerate(ids)}
    boxes: dict[int, list[Box]] = {}
    try:
        for entry in document["annotations"]:
            left, top, width, height = map(float, entry["bbox"])
            if not entry.get("iscrowd") and width > 0 and height > 0:
                box = (left, top, width, height, place[int(entry["category_id"])])
                boxes.setdefault(int(entry["image_id"]), []).append(box)
        images = [
            (int(e["id"]), str(e["file_name"]), int(e["width"]), int(e["height"]))
            for e in document["images"]
        ]
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise DataError(f"{path}: not in COCO format: {type(error).__name__} {error}") from None
    found = []
    for number, name, width, height in images:
        if number not in boxes or min(width, height) <= 0:
            continue
        if why := left_behind(_inside(path, name)):
            skipped.append((name, why))
        else:
            found.append(_Entry(name, width, height, tuple(boxes[number])))
    if not found:
        raise DataError(f"{path}: has no image with a box")
    return found


def _outlines(path: Path, document: dict[str, Any], ids: list[int]) -> dict[str, list[Outline]]:
    """The polygons of each image's objects by its name; run-length masks (crowds) have none."""
    place = {category: number for number, category in enumerate(ids)}
    found: dict[int, list[Outline]] = {}
    try:
        for entry in document["annotations"]:
            if isinstance(entry.get("segmentation"), list):
                polygons = tuple(
                    tuple(map(float, polygon))
                    for polygon in entry["segmentation"]
                    if len(polygon) >= 6
                )
                label = place[int(entry["category_id"])]
                found.setdefault(int(entry["image_id"]), []).append((label, polygons))
        names = {int(entry["id"]): str(entry["file_name"]) for entry in document["images"]}
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise DataError(f"{path}: not in COCO format: {type(error).__name__} {error}") from None
    return {names[number]: outlines for number, outlines in found.items() if number in names}


def _folder(root: Path, path: Path, first: str) -> Path:
    """The folder that the images of a file lie in, relative to the root."""
    stem = path.stem.removeprefix("instances_")
    for folder in (root / stem, path.parent, root / "images" / stem, root / "images", root):
        if os.path.lexists(folder / first):
            return folder
    raise DataError(f"{path}: its first image, {first}, is not in {root / stem} nor beside it")


def _inside(path: Path, name: str) -> str:
    pure = PurePosixPath(name)
    if pure.is_absolute() or ".." in pure.parts:
        raise DataError(f"{path}: an image is named {name!r}, outside of its folder")
    return name
