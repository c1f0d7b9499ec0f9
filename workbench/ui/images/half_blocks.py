"""Images as text, two pixels a cell: the upper one colours ▀, the lower one its background.

Free of Textual: commands print images with it too.
"""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from workbench.runs.store.gallery import ImageBox, Pixels
from workbench.ui.images.gallery_settings import Rgb

UPPER = "▀"
Cell = tuple[str, str]  # the character and its style, "#rrggbb on #rrggbb"


def scaled(image: Pixels, width: int, height: int) -> Pixels:
    """uint8 [H, W, 3] as large as fits into ``width`` × ``height`` pixels, with even rows."""
    rows, columns = image.shape[:2]
    scale = min(width / columns, height / rows)
    size = (max(1, round(columns * scale)), max(2, round(rows * scale) // 2 * 2))
    smooth = Image.Resampling.NEAREST if scale >= 1 else Image.Resampling.BOX
    return np.asarray(Image.fromarray(image).resize(size, smooth))


def with_boxes(image: Pixels, boxes: Sequence[tuple[ImageBox, Rgb]]) -> Pixels:
    """The image with the boxes drawn on it in their colours, the last one on top."""
    result = image.copy()
    rows, columns = image.shape[:2]
    for box, colour in boxes:
        left, right = (_at(value, columns) for value in (box.left, box.right))
        top, bottom = (_at(value, rows) for value in (box.top, box.bottom))
        result[[top, bottom], left : right + 1] = colour
        result[top : bottom + 1, [left, right]] = colour
    return result


def half_blocks(image: Pixels) -> list[list[Cell]]:
    """uint8 [H, W, 3], H even, as H / 2 lines of W cells."""
    return [
        [(UPPER, _style(above, below)) for above, below in zip(top, bottom, strict=True)]
        for top, bottom in zip(image[::2].tolist(), image[1::2].tolist(), strict=True)
    ]


def _style(above: list[int], below: list[int]) -> str:
    return "#{:02x}{:02x}{:02x} on #{:02x}{:02x}{:02x}".format(*above, *below)


def _at(share: float, size: int) -> int:
    return min(max(round(share * size), 0), size - 1)
