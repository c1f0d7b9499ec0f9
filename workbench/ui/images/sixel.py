"""Encodes images as sixels: bands six pixels high, one pass over a band for each colour.

DEC STD 070, "Sixel graphics extension"; `DCS P1;P2;P3 q … ST`.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from workbench.ui.images.fitting import Pixels

BAND = 6  # pixels
COLOURS = 256  # registers that terminals have in common
SHORTEST_RUN = 4  # "!4~" says as much as "~~~~" in fewer bytes from here on


def encoded(pixels: Pixels) -> str:
    """The codes that draw uint8 [H, W, 4] at the cursor, in up to 256 colours, without alpha 0."""
    height, width = pixels.shape[:2]
    image = Image.fromarray(pixels[..., :3]).quantize(
        COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE
    )
    index, drawn = np.asarray(image), pixels[..., 3] > 0
    palette = np.array(image.getpalette("RGB"), dtype=np.int64).reshape(-1, 3)
    used = np.unique(index[drawn])
    registers = "".join(
        f"#{number};2;{red};{green};{blue}"
        for number, (red, green, blue) in zip(
            used.tolist(), ((palette[used] * 100 + 127) // 255).tolist(), strict=True
        )
    )
    bands = (
        _band(index[top : top + BAND], drawn[top : top + BAND]) for top in range(0, height, BAND)
    )
    return f'\x1bP0;1q"1;1;{width};{height}{registers}{"-".join(bands)}\x1b\\'


def _band(index: NDArray[np.uint8], drawn: NDArray[np.bool_]) -> str:
    """A band: up to six rows [h, W] of colour numbers, for each colour its pixels in runs."""
    colours, place = np.unique(index, return_inverse=True)
    place = place.reshape(index.shape)
    width = index.shape[1]
    bits = np.zeros((len(colours), width), np.uint8)
    for row, seen in enumerate(drawn):
        columns = np.flatnonzero(seen)
        bits[place[row, columns], columns] |= np.uint8(1 << row)
    begins = np.ones(bits.shape, bool)
    begins[:, 1:] = bits[:, 1:] != bits[:, :-1]
    starts = np.flatnonzero(begins)
    lengths = np.diff(starts, append=bits.size)
    passes = [[f"#{colour}"] for colour in colours.tolist()]
    runs = zip(starts.tolist(), lengths.tolist(), bits.ravel()[starts].tolist(), strict=True)
    for start, length, value in runs:
        number, column = divmod(start, width)
        if value or column + length < width:  # nothing up to the end need not be said
            passes[number].append(_run(chr(63 + value), length))
    return "$".join("".join(parts) for parts in passes if len(parts) > 1)


def _run(letter: str, length: int) -> str:
    return f"!{length}{letter}" if length >= SHORTEST_RUN else letter * length
