"""Draws the images of a page as pixels, by kitty's protocol or as sixels."""

import os
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import cycle
from typing import Protocol

import numpy as np
from textual.geometry import Region

from workbench.catalog.samples import SampleImage
from workbench.system.terminal import CellPixels, ImageProtocol
from workbench.ui.images import kitty, sixel
from workbench.ui.images.fitting import fitted, on_glass
from workbench.ui.images.tiles import PixelTiles, Place, PlaceholderTiles, Tiles, pixels_of, strips

Send = Callable[[str], None]  # to the terminal as it is

# xterm keeps the last sixteen images and shows none that is wider than 1000 pixels, so that
# several go as one up to there.
WIDEST = 1000
BLOCK = 256  # ids for a page, of at most samples.MOST images


class Renderer(Protocol):
    """Draws the images of a page."""

    def tiles(self, images: Sequence[SampleImage], room: int, cell: CellPixels) -> Tiles:
        """The cells of a new page of images."""

    def drawing(self, placed: Sequence[Place], view: Region) -> Iterator[tuple[Region, str]]:
        """Pieces to draw after the cells are painted: their region and the codes to send.

        ``view`` is the visible part of the lines.
        """

    def close(self) -> None:
        """Delete what was drawn."""


class KittyRenderer:
    """Sends each image once; placeholders show it."""

    def __init__(self, send: Send) -> None:
        self._send = send
        # Of 24 bits, other ids than those of another process that draws in this window; a page
        # has others than the one before, so that its cells differ and are painted.
        block = (1 + os.getpid() % (1 << 14)) << 9
        self._first_ids = cycle((block, block + BLOCK))
        self._ids = range(0)
        self._page: tuple[Sequence[SampleImage], PixelTiles, int] | None = None

    def tiles(self, images: Sequence[SampleImage], room: int, cell: CellPixels) -> Tiles:
        """Placeholders; sends images that the terminal does not have yet."""
        square = PixelTiles(cell)
        side = square.side(images, room)
        page = (images, square, side)
        if page != self._page:
            self.close()
            self._page = page
            self._transmit(images, side, square)
        return PlaceholderTiles(cell, self._ids.start)

    def _transmit(self, images: Sequence[SampleImage], side: int, square: PixelTiles) -> None:
        first, rows = next(self._first_ids), square.height(side)
        self._ids = range(first, first + len(images))
        width, height = side * square.cell.width, rows * square.cell.height
        for image_id, image in zip(self._ids, images, strict=True):
            canvas = on_glass(fitted(pixels_of(image), width, height), width, height)
            self._send(kitty.transmitted(image_id, canvas, side, rows))

    def drawing(self, placed: Sequence[Place], view: Region) -> Iterator[tuple[Region, str]]:
        """No pieces: the cells show the images."""
        return iter(())

    def close(self) -> None:
        """Delete the images from the terminal."""
        if self._ids:
            self._send(kitty.deleted(self._ids))
        self._ids, self._page = range(0), None


class SixelRenderer:
    """Draws sixels over empty cells, again whenever they were painted."""

    def __init__(self, send: Send) -> None:
        self._images: Sequence[SampleImage] = ()
        self._cell = CellPixels(1, 1)
        self._encoded = lru_cache(64)(self._encode)  # what a page shows while it is scrolled

    def tiles(self, images: Sequence[SampleImage], room: int, cell: CellPixels) -> Tiles:
        """Empty cells."""
        if (images, cell) != (self._images, self._cell):
            self._encoded.cache_clear()
            self._images, self._cell = images, cell
        return PixelTiles(cell)

    def drawing(self, placed: Sequence[Place], view: Region) -> Iterator[tuple[Region, str]]:
        """The visible part of each strip of images."""
        for strip in strips(placed, WIDEST // self._cell.width):
            first, last = strip[0], strip[-1]
            width = last.x + last.columns - first.x
            seen = Region(first.x, first.y, width, first.rows).intersection(view)
            if seen.height:
                rows = (seen.y - first.y, seen.bottom - first.y)
                yield seen.translate(-view.offset), self._encoded(tuple(strip), rows)

    def _encode(self, strip: tuple[Place, ...], rows: tuple[int, int]) -> str:
        cell, first, last = self._cell, strip[0], strip[-1]
        width = (last.x + last.columns - first.x) * cell.width
        canvas = np.zeros((first.rows * cell.height, width, 4), np.uint8)
        for place in strip:
            left = (place.x - first.x) * cell.width
            right = left + place.columns * cell.width
            image = fitted(pixels_of(self._images[place.number]), right - left, len(canvas))
            canvas[:, left:right] = on_glass(image, right - left, len(canvas))
        part = canvas[rows[0] * cell.height : rows[1] * cell.height]
        # A band that is not full would reach into the line below, and scroll on the last one.
        return sixel.encoded(part[: len(part) // sixel.BAND * sixel.BAND])

    def close(self) -> None:
        """Does nothing: the next painting covers the images."""


def renderer(protocol: ImageProtocol, send: Send) -> Renderer | None:
    """The renderer of a protocol; None for half-blocks, which are cells."""
    if protocol == "kitty":
        return KittyRenderer(send)
    return SixelRenderer(send) if protocol == "sixel" else None
