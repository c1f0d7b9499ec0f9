"""Scales images to the pixels that a terminal shows."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]  # [H, W, 3], or 4 with alpha


def fitted(pixels: Pixels, width: int, height: int) -> Pixels:
    """The image [H, W, C] as large as fits into ``width`` × ``height`` pixels.

    A small image is enlarged by a whole number, with sharp pixels.
    """
    rows, columns = pixels.shape[:2]
    scale = min(width / columns, height / rows)
    if scale >= 1:
        return pixels.repeat(int(scale), axis=0).repeat(int(scale), axis=1)
    size = (max(1, int(columns * scale)), max(1, int(rows * scale)))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BOX))


def on_glass(pixels: Pixels, width: int, height: int) -> Pixels:
    """The image at the upper left of a transparent one, [``height``, ``width``, 4]."""
    canvas = np.zeros((height, width, 4), np.uint8)
    rows, columns = pixels.shape[:2]
    canvas[:rows, :columns, :3] = pixels
    canvas[:rows, :columns, 3] = 255
    return canvas
