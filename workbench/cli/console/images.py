"""Images on a plain stream: by the terminal's protocol, else in half-blocks."""

import sys

import numpy as np
from numpy.typing import NDArray

from workbench.system.terminal import VT340, ImageProtocol, cell_pixels
from workbench.ui.images import kitty, sixel
from workbench.ui.images.fitting import fitted, on_glass

COLUMNS = 24  # cells across


def drawn(pixels: NDArray[np.uint8], protocol: ImageProtocol) -> str:
    """uint8 [H, W, C] (C is 1 or 3) as whole lines."""
    if protocol == "half-blocks":
        from workbench.cli.console.half_blocks import half_blocks

        return half_blocks(pixels)
    cell = cell_pixels(sys.stdout) or VT340
    width = COLUMNS * cell.width
    rows = -(-width // cell.height)
    image = fitted(np.broadcast_to(pixels, (*pixels.shape[:2], 3)), width, width)
    if protocol == "sixel":
        return f"{sixel.encoded(on_glass(image, *image.shape[1::-1]))}\n"
    return f"{kitty.at_cursor(on_glass(image, width, rows * cell.height), COLUMNS, rows)}\n"
