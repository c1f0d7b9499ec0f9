"""Squares of cells for images, and where they are."""

import pytest

from workbench.catalog.samples import SampleImage
from workbench.system.terminal import CellPixels
from workbench.ui.images.tiles import (
    CoveredTiles,
    PixelTiles,
    Place,
    PlaceholderTiles,
    places,
    strips,
)
from workbench.ui.widgets.lines import Line, plain

CELL = CellPixels(10, 20)
RED = SampleImage("ant", 2, 2, bytes([255, 0, 0] * 4))
WIDE = SampleImage("bee", 4, 2, bytes([0, 255, 0] * 8))
KINDS = (PixelTiles(CELL), PlaceholderTiles(CELL, 0x0100), CoveredTiles(CELL))


@pytest.mark.parametrize("tiles", KINDS)
@pytest.mark.parametrize("image", [RED, WIDE])
@pytest.mark.parametrize(("room", "side", "height"), [(80, 24, 12), (5, 5, 3)])
def test_every_kind_takes_the_same_square(
    tiles: PixelTiles, image: SampleImage, room: int, side: int, height: int
) -> None:
    assert tiles.side([image], room) == side
    rows = tiles.rows(3, image, side)
    assert len(rows) == height
    bare = [plain(row).translate({ord(letter): None for letter in "\u0305\u030d"}) for row in rows]
    if not isinstance(tiles, PlaceholderTiles):
        assert all(len(row) == side for row in bare)
    else:
        assert all(row.count("\U0010eeee") == side for row in bare)


def test_placeholders_carry_the_number_of_their_image() -> None:
    rows = PlaceholderTiles(CELL, 0x0100).rows(3, RED, 24)
    assert {role for row in rows for _, role in row} == {"#000103"}


def test_covered_images_are_half_blocks() -> None:
    rows = CoveredTiles(CELL).rows(0, RED, 24)
    assert {span for row in rows for span in row} == {("▀", "#ff0000 on #ff0000")}


def test_places_are_where_the_room_is() -> None:
    first, second = PixelTiles(CELL).rows(0, RED, 4), PixelTiles(CELL).rows(1, RED, 4)
    lines: list[Line] = [[("title", "")]]
    lines += [[(" ", ""), *a, ("  ", ""), *b] for a, b in zip(first, second, strict=True)]
    lines += [[("label", "muted")], [(" ", ""), *PixelTiles(CELL).rows(2, RED, 4)[0]]]
    assert places(lines) == [Place(0, 1, 1, 4, 2), Place(1, 7, 1, 4, 2), Place(2, 1, 4, 4, 1)]
    assert places(lines)[1].region.bottom_right == (11, 3)


@pytest.mark.parametrize(
    ("most", "found"),
    [
        (16, [[0, 1, 2], [3]]),
        (15, [[0, 1], [2], [3]]),
        (3, [[0], [1], [2], [3]]),
    ],
)
def test_neighbours_form_strips(most: int, found: list[list[int]]) -> None:
    row = [Place(number, 1 + 6 * number, 0, 4, 2) for number in range(3)]
    placed = [*row, Place(3, 1, 4, 4, 2)]
    assert [[place.number for place in strip] for strip in strips(placed, most)] == found
