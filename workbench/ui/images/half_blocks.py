"""Images as text: two pixels a cell, the upper one as the block and the lower one behind it."""

from collections.abc import Sequence

import numpy as np
from PIL import Image
from rich.color import Color
from rich.style import Style

from workbench.runs.store.gallery import Mark, Pixels
from workbench.ui.run.gallery_settings import Rgb
from workbench.ui.widgets.lines import Line

UPPER = "▀"


def scaled(image: Pixels, width: int, height: int) -> Pixels:
    """The image as large as fits into ``width`` × ``height`` pixels, its rows even in number."""
    rows, columns = image.shape[:2]
    scale = min(width / columns, height / rows)
    size = (max(1, round(columns * scale)), max(2, round(rows * scale) // 2 * 2))
    smooth = Image.Resampling.NEAREST if scale >= 1 else Image.Resampling.BOX
    return np.asarray(Image.fromarray(image).resize(size, smooth))


def marked(image: Pixels, marks: Sequence[tuple[Mark, Rgb]]) -> Pixels:
    """The image with boxes drawn on it, the last one on top."""
    result = image.copy()
    rows, columns = image.shape[:2]
    for mark, colour in marks:
        left, right = (_at(value, columns) for value in (mark.left, mark.right))
        top, bottom = (_at(value, rows) for value in (mark.top, mark.bottom))
        result[[top, bottom], left : right + 1] = colour
        result[top : bottom + 1, [left, right]] = colour
    return result


def half_blocks(image: Pixels) -> list[Line]:
    """Pixels [H, W, 3], H even, as H / 2 lines of W cells."""
    return [
        [(UPPER, _role(above, below)) for above, below in zip(top, bottom, strict=True)]
        for top, bottom in zip(image[::2].tolist(), image[1::2].tolist(), strict=True)
    ]


def colour_style(role: str) -> Style:
    """The style that a role of :func:`half_blocks` means."""
    above, _, below = role.partition(" on ")
    return Style(color=Color.parse(above), bgcolor=Color.parse(below))


def _role(above: list[int], below: list[int]) -> str:
    return "#{:02x}{:02x}{:02x} on #{:02x}{:02x}{:02x}".format(*above, *below)


def _at(share: float, size: int) -> int:
    return min(max(round(share * size), 0), size - 1)
