"""Lists images with boxes in YOLO's format: a text file beside each image, without decoding it.

::

    root/images/train/…  root/labels/train/…   (and val, test)
    root/train/images/…  root/train/labels/…   (and valid, test)
    root/images/…        root/labels/…         (split by ``data.test`` and ``data.validation``)

A line is ``class x y width height``: the centre and the sides as shares of the image's. Class
names are those of ``data.yaml``, ``classes.txt`` or ``obj.names``.
"""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from PIL import ExifTags, Image

from workbench.catalog.boxed import Box, BoxedImage, BoxListing, Skips, file_of, kept_boxes
from workbench.catalog.image_folder import images_below
from workbench.errors import DataError
from workbench.system.regular_files import open_regular, read_regular

LAYOUT = "put images into images/train/ and their .txt files into labels/train/"
SPLITS = {"train": ("train",), "validation": ("val", "valid", "validation"), "test": ("test",)}
YAML_NAMES, TEXT_NAMES = ("data.yaml", "dataset.yaml"), ("classes.txt", "obj.names")
NAMES_WANTED = "needs names: a list of the classes, or one by number"
MOST_BYTES = 1 << 20
SLACK = 1e-3  # how far beyond 0 to 1 a share may be by rounding


def read_yolo(root: Path) -> BoxListing:
    """Read all labels; raises :class:`DataError`, which names file and line."""
    classes = find_names(root)
    skipped: Skips = []
    listed = {
        split: tuple(_images(root, images, labels, classes, skipped))
        for split, (images, labels) in _folders(root).items()
    }
    if not listed["train"]:
        raise DataError(f"{root}: has no training image with a box; {LAYOUT}")
    return BoxListing(root, classes, **listed, skipped=tuple(skipped))


def find_names(root: Path) -> tuple[str, ...]:
    """The class names; raises :class:`DataError` where nothing names them."""
    if about := _description(root):
        path, content = about
        return _yaml_names(path, content.get("names"))
    for name in TEXT_NAMES:
        if (root / name).exists():
            names = tuple(filter(None, map(str.strip, _text(root / name).splitlines())))
            if not names:
                raise DataError(f"{root / name}: names no class")
            return names
    raise DataError(f"{root}: holds no {YAML_NAMES[0]} or {TEXT_NAMES[0]} that names the classes")


def _description(root: Path) -> tuple[Path, dict[Any, Any]] | None:
    """The YAML file that describes the data set, and its content; None where there is none."""
    path = next((root / name for name in YAML_NAMES if (root / name).exists()), None)
    if path is None:
        return None
    try:
        content = yaml.safe_load(_text(path))
    except (yaml.YAMLError, RecursionError, ValueError):
        content = None
    if not isinstance(content, dict):
        raise DataError(f"{path}: {NAMES_WANTED}")
    return path, content


def _yaml_names(path: Path, names: Any) -> tuple[str, ...]:
    if isinstance(names, dict):
        names = [names.get(number) for number in range(len(names))]
    if isinstance(names, list) and names and all(isinstance(name, str | int) for name in names):
        return tuple(map(str, names))
    raise DataError(f"{path}: {NAMES_WANTED}")


def _check_paths(root: Path, folders: dict[str, tuple[Path, Path]]) -> None:
    """Refuse a YAML file whose splits lie elsewhere than in the folders that are read."""
    path, content = _description(root) or (root, {})
    for split, words in SPLITS.items():
        named = next((content[word] for word in words if content.get(word)), None)
        if named is None or split not in folders:
            continue
        read = folders[split][0].relative_to(root).as_posix()
        if not isinstance(named, str) or not f"/{named.rstrip('/')}".endswith(f"/{read}"):
            raise DataError(
                f"{path}: {split} is {str(named)[:80]!r}, but {read}/ is there; {LAYOUT}"
            )


def _folders(root: Path) -> dict[str, tuple[Path, Path]]:
    """The folders of images and of labels by split."""
    found: dict[str, tuple[Path, Path]] = {}
    for split, words in SPLITS.items():
        for word in words:
            for images, labels in (
                (root / "images" / word, root / "labels" / word),
                (root / word / "images", root / word / "labels"),
            ):
                if images.is_dir() and split not in found:
                    found[split] = images, labels
    if not found and (root / "images").is_dir():
        found = {"train": (root / "images", root / "labels")}
    if "train" not in found:
        raise DataError(f"{root}: holds no images/train/, train/images/ or images/; {LAYOUT}")
    _check_paths(root, found)
    return found


def _images(
    root: Path, images: Path, labels: Path, classes: tuple[str, ...], skipped: Skips
) -> Iterator[BoxedImage]:
    paths, left_out = images_below(images)
    folder = images.relative_to(root).as_posix()
    skipped += [(f"{folder}/{name}", why) for name, why in left_out]
    for path in paths:
        shown = path.relative_to(root).as_posix()
        text = (labels / path.relative_to(images)).with_suffix(".txt")
        size = _size(path)
        if size is None:
            skipped.append((shown, "is no image that Pillow can read"))
        elif not text.exists():
            skipped.append((shown, "has no box"))
        elif boxes := kept_boxes(shown, _boxes(text, size, classes), size, skipped):
            yield BoxedImage(file_of(path), *size, boxes)


def _boxes(path: Path, size: tuple[int, int], classes: tuple[str, ...]) -> Iterator[Box]:
    """The boxes of a text file in pixels."""
    width, height = size
    for number, line in enumerate(_text(path).splitlines(), 1):
        if not (words := line.split()):
            continue
        where = f"{path}: line {number}"
        if len(words) != 5:
            raise DataError(f"{where} has {len(words)} numbers; class, x, y, width, height")
        try:
            label, shares = int(words[0]), [float(word) for word in words[1:]]
        except ValueError:
            raise DataError(f"{where}: {line[:60]!r}; five numbers are wanted") from None
        if not 0 <= label < len(classes):
            raise DataError(f"{where}: class {label}; there are {len(classes)}, from 0 on")
        if not all(math.isfinite(share) and -SLACK <= share <= 1 + SLACK for share in shares):
            raise DataError(f"{where}: {line[:60]!r}; shares of the image, from 0 to 1, are wanted")
        x, y, wide, tall = shares
        yield (
            (x - wide / 2) * width,
            (y - tall / 2) * height,
            wide * width,
            tall * height,
            label,
        )


def _size(path: Path) -> tuple[int, int] | None:
    """Width and height of an image as it is shown, by its header; None for one that is broken."""
    try:
        with open_regular(path) as file, Image.open(file) as image:
            turned = image.getexif().get(ExifTags.Base.Orientation, 1) in (5, 6, 7, 8)
            return (image.height, image.width) if turned else image.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def _text(path: Path) -> str:
    try:
        return read_regular(path, MOST_BYTES).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: {getattr(error, 'strerror', None) or 'is no text'}") from None
