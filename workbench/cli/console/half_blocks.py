"""A small image in a terminal: two pixels a cell, as the colours of a half block."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from rich.style import Style
from rich.text import Text

LARGEST = 48  # cells across


def half_blocks(pixels: NDArray[np.uint8]) -> str:
    """uint8 [H, W, C] (C is 1 or 3) as lines of ▀ in 24-bit colours."""
    image = Image.fromarray(pixels.squeeze(2) if pixels.shape[2] == 1 else pixels).convert("RGB")
    image.thumbnail((LARGEST, LARGEST))
    height = image.height + image.height % 2  # whole cells
    canvas = Image.new("RGB", (image.width, height))
    canvas.paste(image)
    rows = np.asarray(canvas)
    text = Text()
    for upper, lower in zip(rows[::2], rows[1::2], strict=True):
        for above, below in zip(upper, lower, strict=True):
            text.append("▀", Style(color=_rgb(above), bgcolor=_rgb(below)))
        text.append("\n")
    console = Console(
        file=io.StringIO(), force_terminal=True, color_system="truecolor", width=2 * LARGEST
    )
    with console.capture() as capture:
        console.print(text, end="")
    return capture.get()


def _rgb(pixel: NDArray[np.uint8]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*pixel.tolist())
