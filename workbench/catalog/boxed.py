"""What a data set of images with boxes is listed as, before an image is decoded."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from workbench.catalog.listing import ImageFile

Box = tuple[float, float, float, float, int]  # left, top, width, height, the class's place
Outline = tuple[int, tuple[tuple[float, ...], ...]]  # the class's place, polygons x, y, x, y, …
Skips = list[tuple[str, str]]  # (name, why)


@dataclass(frozen=True)
class BoxedImage:
    """One image and its boxes: left, top, width, height in pixels, and the class's index.

    ``outlines`` are there where they were asked for.
    """

    file: ImageFile
    width: int
    height: int
    boxes: tuple[Box, ...]
    outlines: tuple[Outline, ...] = ()

    @property
    def labels(self) -> set[int]:
        """The classes that the image shows."""
        return {box[4] for box in self.boxes}


@dataclass(frozen=True)
class BoxListing:
    """Classes, and the images of each split; ``validation`` and ``test`` may have none.

    ``skipped`` has what was skipped: (name, why).
    """

    root: Path
    classes: tuple[str, ...]
    train: tuple[BoxedImage, ...]
    test: tuple[BoxedImage, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    validation: tuple[BoxedImage, ...] = ()


def within(box: Box, width: int, height: int) -> Box | None:
    """The part of a box that lies in an image of these sides; None where there is none."""
    left, top, wide, tall, label = box
    right, bottom = min(left + wide, width), min(top + tall, height)
    left, top = max(left, 0.0), max(top, 0.0)
    if right <= left or bottom <= top:
        return None
    return (left, top, right - left, bottom - top, label)


def kept_boxes(
    name: str, boxes: Iterable[Box], size: tuple[int, int], skipped: Skips
) -> tuple[Box, ...]:
    """The boxes cut at the image's border; empty ones go to ``skipped`` by the image's name."""
    found = [within(box, *size) for box in boxes]
    kept = tuple(box for box in found if box is not None)
    if count := len(found) - len(kept):
        skipped.append((name, f"{count} of its boxes {'is' if count == 1 else 'are'} empty"))
    if not kept:
        skipped.append((name, "has no box"))
    return kept


def file_of(path: Path) -> ImageFile:
    """The file of an image; decoding lists one that is missing as broken."""
    try:
        stat = path.stat()
    except OSError:
        return ImageFile(str(path), 0, 0, 0, 0)
    return ImageFile(str(path), 0, stat.st_size, stat.st_mtime_ns, stat.st_mode)
