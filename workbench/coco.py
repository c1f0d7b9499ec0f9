"""Pictures with boxes in COCO format: which there are, read without decoding any.

Understood layouts, for training and (``val``, ``valid`` or ``test``) for the test::

    root/annotations/instances_train2017.json   root/annotations/instances_val2017.json
    root/train/_annotations.coco.json           root/valid/_annotations.coco.json
    root/annotations.json                       (split by ``data.test``)

Pictures lie beside the file, in the folder of its name (train2017), or in images/. The launcher
asks here for the classes before a run exists, so this file knows no torch.
"""

import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from workbench.errors import DataError
from workbench.pictures import PictureFile

LAYOUT = "put annotations/instances_train*.json there, with the pictures in train*/"
TEST_NAMES = ("val", "valid", "test")
MOST_BYTES = 2 << 30  # COCO's own file is 0.45 GB


@dataclass(frozen=True)
class CocoPicture:
    """One picture and its boxes: left, top, width, height in pixels, and the class's place."""

    file: PictureFile
    width: int
    height: int
    boxes: tuple[tuple[float, float, float, float, int], ...]


@dataclass(frozen=True)
class CocoFolder:
    """Classes in the order of their category ids; ``test`` is empty where there is no such file."""

    root: Path
    classes: tuple[str, ...]
    train: tuple[CocoPicture, ...]
    test: tuple[CocoPicture, ...]


def find_classes(root: Path) -> tuple[str, ...]:
    """The class names; raises :class:`DataError` where there is no such data set."""
    return tuple(_categories(*_load(_find(root)["train"])).values())


def read_coco(root: Path) -> CocoFolder:
    """Read the annotations; raises :class:`DataError`, which names the file and what is wrong."""
    files = _find(root)
    splits: dict[str, tuple[CocoPicture, ...]] = {}
    names: dict[int, str] = {}
    for split, path in files.items():
        document, _ = _load(path)
        found = _categories(document, path)
        names = names or found
        if found != names:
            raise DataError(f"{path}: has other categories than {files['train']}")
        splits[split] = _pictures(root, path, document, list(names))
    return CocoFolder(root, tuple(names.values()), splits["train"], splits.get("test", ()))


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
        if "train" not in found and (root / name).is_file():
            found["train"] = root / name
    if "train" not in found:
        raise DataError(f"{root}: holds no COCO annotations; {LAYOUT}")
    return found


def _load(path: Path) -> tuple[dict[str, Any], Path]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise DataError(f"{path}: larger than {MOST_BYTES >> 30} GB, not read")
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: not valid JSON: {error}") from None
    wanted = ("images", "annotations", "categories")
    if not isinstance(document, dict) or not all(
        isinstance(document.get(key), list) for key in wanted
    ):
        raise DataError(f"{path}: not in COCO format: needs the lists {', '.join(wanted)}")
    return document, path


def _categories(document: dict[str, Any], path: Path) -> dict[int, str]:
    try:
        pairs = {int(entry["id"]): str(entry["name"]) for entry in document["categories"]}
    except (KeyError, TypeError, ValueError):
        raise DataError(f"{path}: a category needs an id and a name") from None
    if not pairs:
        raise DataError(f"{path}: has no categories")
    return dict(sorted(pairs.items()))


def _pictures(
    root: Path, path: Path, document: dict[str, Any], ids: list[int]
) -> tuple[CocoPicture, ...]:
    place = {category: number for number, category in enumerate(ids)}
    boxes: dict[int, list[tuple[float, float, float, float, int]]] = {}
    try:
        for entry in document["annotations"]:
            left, top, width, height = map(float, entry["bbox"])
            if not entry.get("iscrowd") and width > 0 and height > 0:
                box = (left, top, width, height, place[int(entry["category_id"])])
                boxes.setdefault(int(entry["image_id"]), []).append(box)
        entries = [
            (int(e["id"]), str(e["file_name"]), int(e["width"]), int(e["height"]))
            for e in document["images"]
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path}: not in COCO format: {type(error).__name__} {error}") from None
    with_boxes = [entry for entry in entries if entry[0] in boxes and min(entry[2:]) > 0]
    if not with_boxes:
        raise DataError(f"{path}: has no picture with a box")
    folder = _folder(root, path, with_boxes[0][1])
    return tuple(
        CocoPicture(_file(folder, name), width, height, tuple(boxes[number]))
        for number, name, width, height in with_boxes
    )


def _folder(root: Path, path: Path, first: str) -> Path:
    """The folder that the pictures of a file lie in, relative to the root."""
    stem = path.stem.removeprefix("instances_")
    for folder in (root / stem, path.parent, root / "images" / stem, root / "images", root):
        if (folder / _inside(path, first)).is_file():
            return folder
    raise DataError(f"{path}: its first picture, {first}, is not in {root / stem} nor beside it")


def _inside(path: Path, name: str) -> str:
    pure = PurePosixPath(name)
    if pure.is_absolute() or ".." in pure.parts:
        raise DataError(f"{path}: a picture is named {name!r}, outside of its folder")
    return name


def _file(folder: Path, name: str) -> PictureFile:
    path = folder / _inside(folder, name)
    try:
        stat = path.stat()
    except OSError:
        return PictureFile(str(path), 0, 0, 0, 0)  # decoding lists it as broken
    return PictureFile(str(path), 0, stat.st_size, stat.st_mtime_ns, stat.st_mode)
