"""Lists images with boxes in Pascal VOC's format, without decoding an image.

::

    root/Annotations/<id>.xml   root/JPEGImages/<id>.jpg
    root/ImageSets/Main/train.txt, val.txt, test.txt (or trainval.txt), if there are any

Boxes are cut at the image's border; empty ones are skipped and listed, difficult ones left out.
Everingham et al., The Pascal Visual Object Classes Challenge, 2010.
"""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from workbench.catalog.boxed import Box, BoxedImage, BoxListing, Skips, file_of, kept_boxes
from workbench.catalog.image_folder import images_below
from workbench.errors import DataError
from workbench.system.regular_files import read_regular

ANNOTATIONS, IMAGES, SETS = "Annotations", "JPEGImages", Path("ImageSets", "Main")
LAYOUT = f"put the .xml files into {ANNOTATIONS}/ and the images into {IMAGES}/"
MOST_BYTES = 1 << 20  # of an annotation
MOST_LISTED = 256 << 20  # bytes of a list of images
Named = tuple[str, float, float, float, float]  # class, left, top, right, bottom


class _DoctypeError(Exception):
    """A document that declares a DOCTYPE, where entities could be defined."""


class _Tree(ElementTree.TreeBuilder):
    """Builds the document; refuses a DOCTYPE, in whatever encoding, before it is read."""

    def doctype(self, *_: object) -> None:
        raise _DoctypeError


def read_voc(root: Path) -> BoxListing:
    """Read all annotations; raises :class:`DataError`, which names the file and what is wrong."""
    folder = root / ANNOTATIONS
    if not folder.is_dir():
        raise DataError(f"{root}: holds no {ANNOTATIONS}/; {LAYOUT}")
    images = {path.stem: path for path in images_below(root / IMAGES)[0]}
    splits = _splits(root) or {"train": sorted(path.stem for path in folder.glob("*.xml"))}
    skipped: Skips = []
    read = {
        split: [_read(folder / f"{name}.xml") for name in names] for split, names in splits.items()
    }
    names = sorted({box[0] for found in read.values() for _, _, boxes in found for box in boxes})
    if not names:
        raise DataError(f"{folder}: no annotation has an object")
    listed = {
        split: tuple(_listed(root, zip(splits[split], found, strict=True), names, images, skipped))
        for split, found in read.items()
    }
    if not listed["train"]:
        raise DataError(f"{folder}: has no training image with a box")
    return BoxListing(root, tuple(names), **listed, skipped=tuple(skipped))


def _splits(root: Path) -> dict[str, list[str]]:
    """The images' names by split, as far as there are lists; {} where there are none."""
    lists = {name: root / SETS / f"{name}.txt" for name in ("train", "val", "trainval", "test")}
    there = {name: _names(path) for name, path in lists.items() if path.exists()}
    found: dict[str, list[str]] = {}
    if "train" in there:
        found = {"train": there["train"], "validation": there.get("val", [])}
    elif "trainval" in there:
        found = {"train": there["trainval"]}
    elif there:
        raise DataError(f"{root / SETS}: has neither train.txt nor trainval.txt")
    return found | ({"test": there["test"]} if "test" in there else {})


def _names(path: Path) -> list[str]:
    """The first word of each line; raises :class:`DataError` for one that is no plain name."""
    try:
        lines = read_regular(path, MOST_LISTED).decode().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    names = [line.split()[0] for line in lines if line.strip()]
    for name in names:
        if Path(name).name != name or name == "..":
            raise DataError(f"{path}: {name!r} is no name of an image")
    return names


def _read(path: Path) -> tuple[int, int, list[Named]]:
    """Width, height and boxes of an annotation."""
    try:
        parser = ElementTree.XMLParser(target=_Tree())
        document = ElementTree.fromstring(read_regular(path, MOST_BYTES), parser)
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from None
    except _DoctypeError:
        raise DataError(f"{path}: has a DOCTYPE, which annotations have not") from None
    except (ElementTree.ParseError, LookupError, ValueError) as error:  # the latter: its encoding
        raise DataError(f"{path}: not valid XML: {error}") from None
    width, height = (round(_number(document, f"size/{side}", path)) for side in ("width", "height"))
    if min(width, height) <= 0:
        raise DataError(f"{path}: the size is {width}×{height}; needs the image's width and height")
    boxes = [
        (
            (found.findtext("name") or "").strip(),
            # The first pixel is 1, and the last one belongs to the box.
            _number(found, "bndbox/xmin", path) - 1,
            _number(found, "bndbox/ymin", path) - 1,
            _number(found, "bndbox/xmax", path),
            _number(found, "bndbox/ymax", path),
        )
        for found in document.iter("object")
        if (found.findtext("difficult") or "0").strip().lower() not in ("1", "true")
    ]
    if any(not box[0] for box in boxes):
        raise DataError(f"{path}: an object has no name")
    return width, height, boxes


def _number(element: Element, name: str, path: Path) -> float:
    text = (element.findtext(name) or "").strip()
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or abs(value) > 1e6:
        raise DataError(f"{path}: {name} is {text[:40]!r}; a number of pixels is wanted")
    return value


def _listed(
    root: Path,
    read: Iterator[tuple[str, tuple[int, int, list[Named]]]],
    names: Sequence[str],
    images: dict[str, Path],
    skipped: Skips,
) -> Iterator[BoxedImage]:
    place = {name: number for number, name in enumerate(names)}
    for name, (width, height, found) in read:
        if name not in images:
            raise DataError(f"{root / IMAGES}: has no image {name} (Annotations/{name}.xml)")
        boxes: list[Box] = [
            # One whose corners lie in the same place has no extent, whatever its last pixel.
            (left, top, _extent(left, right), _extent(top, bottom), place[label])
            for label, left, top, right, bottom in found
        ]
        path = images[name]
        shown = path.relative_to(root).as_posix()
        if kept := kept_boxes(shown, boxes, (width, height), skipped):
            yield BoxedImage(file_of(path), width, height, kept)


def _extent(first: float, last: float) -> float:
    return last - first if last - first > 1 else 0.0
