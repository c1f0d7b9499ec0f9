"""Images printed by commands: by the terminal's protocol, else as half-blocks."""

import sys

import numpy as np
from numpy.typing import NDArray
from rich.color import ColorSystem
from rich.style import Style

from workbench.system.terminal import VT340, ImageProtocol, cell_pixels
from workbench.ui.images import kitty, sixel
from workbench.ui.images.fitting import Pixels, fitted, on_glass
from workbench.ui.images.half_blocks import half_blocks, scaled

COLUMNS = 24  # cells across
SIDE = 48  # pixels of the longer side as half-blocks, at most


def drawn(pixels: NDArray[np.uint8], protocol: ImageProtocol) -> str:
    """uint8 [H, W, C] (C is 1 or 3) as whole lines for ``protocol``."""
    colour = np.broadcast_to(pixels, (*pixels.shape[:2], 3))
    if protocol == "half-blocks":
        return _half_block_text(colour)
    cell = cell_pixels(sys.stdout) or VT340
    width = COLUMNS * cell.width
    rows = -(-width // cell.height)
    image = fitted(colour, width, width)
    if protocol == "sixel":
        return f"{sixel.encoded(on_glass(image, *image.shape[1::-1]))}\n"
    return f"{kitty.at_cursor(on_glass(image, width, rows * cell.height), COLUMNS, rows)}\n"


def _half_block_text(image: Pixels) -> str:
    """uint8 [H, W, 3], small ones at their own size, in 24-bit colours."""
    side = min(SIDE, max(image.shape[:2]))
    return "".join(
        "".join(
            Style.parse(style).render(text, color_system=ColorSystem.TRUECOLOR)
            for text, style in line
        )
        + "\n"
        for line in half_blocks(scaled(np.ascontiguousarray(image), side, side))
    )
