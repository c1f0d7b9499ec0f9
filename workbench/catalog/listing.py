"""What a data set of images with one class each is listed as, before an image is decoded."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO

SUFFIXES = frozenset(
    (
        ".bmp",
        ".gif",
        ".jfif",
        ".jpeg",
        ".jpg",
        ".pbm",
        ".pgm",
        ".png",
        ".ppm",
        ".tif",
        ".tiff",
        ".webp",
    )
)
GREY_MODES = frozenset(("1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L", "F"))
SPLIT = re.compile(r"(?:^|[^a-z])(train|valid(?:ation)?|val|test)(?:[^a-z]|$)")
SOME = 24  # images whose headers tell whether all are grey


@dataclass(frozen=True)
class ImageFile:
    """One image, with the values that tell whether it has changed."""

    path: str  # relative to the root, with forward slashes; what is behind a # is a place in it
    label: int
    size: int  # bytes
    mtime: int  # nanoseconds
    mode: int  # permissions: an image that has become readable is worth another look


@dataclass(frozen=True)
class ImageListing:
    """Classes in their order, and the images of each split in the order in which they are read.

    ``validation`` and ``test`` are empty where the data set has none of its own. ``skipped``
    has (path below the root, why).
    """

    root: Path
    classes: tuple[str, ...]
    train: tuple[ImageFile, ...]
    validation: tuple[ImageFile, ...] = field(default=())
    test: tuple[ImageFile, ...] = field(default=())
    skipped: tuple[tuple[str, str], ...] = field(default=())

    @classmethod
    def of_splits(
        cls, root: Path, classes: tuple[str, ...], splits: Mapping[str, Sequence[ImageFile]]
    ) -> "ImageListing":
        """A listing of the splits train, validation and test, as far as they are there."""
        train, validation, test = (
            tuple(splits.get(name, ())) for name in ("train", "validation", "test")
        )
        return cls(root, classes, train, validation, test)

    def counts(self) -> dict[str, tuple[int, ...]]:
        """Images of each class in each split that the data set has."""
        splits = {"train": self.train, "validation": self.validation, "test": self.test}
        return {name: self._count(images) for name, images in splits.items() if images}

    def _count(self, images: tuple[ImageFile, ...]) -> tuple[int, ...]:
        counts = [0] * len(self.classes)
        for image in images:
            counts[image.label] += 1
        return tuple(counts)


def split_of(path: str) -> str:
    """The split that a shard's path below the root names: train where it names none."""
    found = SPLIT.findall(path.lower())
    name = found[-1] if found else "train"
    return "validation" if name.startswith("val") else name


def all_grey(openers: Iterable[Callable[[], BinaryIO]]) -> bool:
    """Whether all images that can be opened are grey, by their headers; False for none."""
    from PIL import Image

    seen = False
    for opened in openers:
        try:
            with opened() as file, Image.open(file) as image:
                mode = image.mode
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            continue  # a broken image: decoding lists it
        if mode not in GREY_MODES:
            return False
        seen = True
    return seen


def is_grey(listing: ImageListing, opened: Callable[[Path], BinaryIO]) -> bool:
    """Whether some training images, spread over the listing, are all grey."""
    step = max(1, len(listing.train) // SOME)
    return all_grey(partial(opened, listing.root / file.path) for file in listing.train[::step])
