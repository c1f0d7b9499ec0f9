"""The images of a page as cells: half-blocks, kitty's placeholders, or room for sixels."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol

import numpy as np
from textual.geometry import Region

from workbench.catalog.samples import SampleImage
from workbench.system.terminal import CellPixels
from workbench.ui.images import kitty
from workbench.ui.images.fitting import Pixels
from workbench.ui.images.half_blocks import half_blocks, scaled
from workbench.ui.widgets.lines import Line

SIDE = 48  # pixels of an image's side in half-blocks, at most
SMALLEST = 12  # cells of a side, that a label fits below
COLUMNS = 24  # cells of an image's side where the terminal shows pixels
ROOM = "@"  # a role that begins so is room for the image of that number


class Tiles(Protocol):
    """How images are drawn as cells: their width, and their rows."""

    def side(self, images: Sequence[SampleImage], room: int) -> int:
        """Cells across for each of the images, of at most ``room``."""

    def rows(self, number: int, image: SampleImage, side: int) -> list[Line]:
        """The image as lines that are ``side`` cells wide."""


class HalfBlockTiles:
    """Half-blocks: two pixels a cell."""

    def side(self, images: Sequence[SampleImage], room: int) -> int:
        """Small images are enlarged by whole pixels until a label fits below."""
        largest = max(image.width for image in images)
        side = min(largest, SIDE, room)
        return min(side * -(-SMALLEST // side), room // side * side)

    def rows(self, number: int, image: SampleImage, side: int) -> list[Line]:
        """Coloured cells."""
        return half_blocks(scaled(pixels_of(image), side, side))


@dataclass(frozen=True)
class PixelTiles:
    """Empty squares, over which the terminal draws the images."""

    cell: CellPixels

    def side(self, images: Sequence[SampleImage], room: int) -> int:
        """The same for all images: their pixels are smaller than cells."""
        return min(COLUMNS, room)

    def height(self, side: int) -> int:
        """Lines of a square that is ``side`` cells wide."""
        return min(-(-side * self.cell.width // self.cell.height), kitty.MOST_CELLS)

    def rows(self, number: int, image: SampleImage, side: int) -> list[Line]:
        """Spaces with the image's number as their role."""
        return [[(" " * side, f"{ROOM}{number}")] for _ in range(self.height(side))]


@dataclass(frozen=True)
class PlaceholderTiles(PixelTiles):
    """Kitty's placeholders; image ``n`` has the id ``first_id + n`` in the terminal."""

    first_id: int

    def rows(self, number: int, image: SampleImage, side: int) -> list[Line]:
        """Characters that the terminal replaces by the image."""
        colour = kitty.colour_of(self.first_id + number)
        return [[(kitty.placeholders(row, side), colour)] for row in range(self.height(side))]


@dataclass(frozen=True)
class CoveredTiles(PixelTiles):
    """The same squares in half-blocks, while something covers the page."""

    def rows(self, number: int, image: SampleImage, side: int) -> list[Line]:
        """Coloured cells, filled up with spaces to the square."""
        height = self.height(side)
        drawn = half_blocks(scaled(pixels_of(image), side, 2 * height))
        lines = [line + [(" ", "")] * (side - len(line)) for line in drawn]
        return lines + [[(" " * side, "")]] * (height - len(drawn))


@dataclass(frozen=True)
class Place:
    """The room for an image in the lines, in cells from the upper left."""

    number: int
    x: int
    y: int
    columns: int
    rows: int

    @property
    def region(self) -> Region:
        """The cells."""
        return Region(self.x, self.y, self.columns, self.rows)


def places(lines: Sequence[Line]) -> list[Place]:
    """The room that :class:`PixelTiles` left, in reading order."""
    found: dict[int, Place] = {}
    for y, line in enumerate(lines):
        x = 0
        for text, role in line:
            if role.startswith(ROOM):
                number = int(role.removeprefix(ROOM))
                top = found[number].y if number in found else y
                found[number] = Place(number, x, top, len(text), y + 1 - top)
            x += len(text)  # the other spans of these lines are spaces
    return list(found.values())


def strips(placed: Sequence[Place], most: int) -> Iterator[list[Place]]:
    """Groups of neighbours in a row, at most ``most`` cells wide if there are several."""
    for _, row in groupby(placed, key=lambda place: place.y):
        strip: list[Place] = []
        for place in row:
            if strip and place.x + place.columns - strip[0].x > most:
                yield strip
                strip = []
            strip.append(place)
        yield strip


def pixels_of(image: SampleImage) -> Pixels:
    """uint8 [H, W, 3]."""
    pixels = np.frombuffer(image.rgb, dtype=np.uint8)
    return pixels.reshape(image.height, image.width, 3)
