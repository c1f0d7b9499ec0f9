"""Sixels, read back by a reader that knows what DEC STD 070 says of them."""

import re

import numpy as np
import pytest
from numpy.typing import NDArray

from workbench.ui.images.fitting import fitted, on_glass
from workbench.ui.images.sixel import encoded

TOKEN = re.compile(r'"(?P<raster>[\d;]+)|#(?P<colour>[\d;]+)|!(?P<times>\d+)|(?P<other>.)')


def decoded(text: str) -> NDArray[np.int64]:
    """[H, W, 4]: percents of red, green, blue, and 1 where a pixel was drawn."""
    assert text.startswith("\x1bP0;1q") and text.endswith("\x1b\\") and text.isascii()
    body = text[len("\x1bP0;1q") : -len("\x1b\\")]
    registers: dict[int, tuple[int, ...]] = {}
    canvas, colour, times, x, y = np.zeros((0, 0, 4), np.int64), 0, 1, 0, 0
    for found in TOKEN.finditer(body):
        numbers = [int(n) for n in (found["raster"] or found["colour"] or "").split(";") if n]
        if found["raster"]:
            assert numbers[:2] == [1, 1]  # square pixels
            canvas = np.zeros((numbers[3], numbers[2], 4), np.int64)
        elif found["colour"]:
            colour = numbers[0]
            assert 0 <= colour < 256
            if len(numbers) > 1:
                assert numbers[1] == 2 and all(0 <= n <= 100 for n in numbers[2:])
                registers[colour] = tuple(numbers[2:])
        elif found["times"]:
            times = int(found["times"])
        elif found["other"] == "$":
            x = 0
        elif found["other"] == "-":
            x, y = 0, y + 6
        else:
            bits = ord(found["other"]) - 63
            assert 0 <= bits < 64
            for row in range(6):
                if bits >> row & 1:
                    canvas[y + row, x : x + times] = (*registers[colour], 1)
                    assert x + times <= canvas.shape[1]
            x, times = x + times, 1
    return canvas


def glass(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return on_glass(pixels, pixels.shape[1], pixels.shape[0])


@pytest.mark.parametrize("size", [(1, 1), (5, 7), (6, 6), (13, 40), (48, 3)])
def test_every_pixel_comes_back(size: tuple[int, int]) -> None:
    shades = np.random.default_rng(0).integers(0, 16, (*size, 1), np.uint8) * 17
    pixels = shades.repeat(3, axis=2)
    back = decoded(encoded(glass(pixels)))
    assert (back[..., 3] == 1).all()
    assert (abs(back[..., :3] - pixels * (100 / 255)) <= 0.5 + 1e-9).all()


def test_transparent_pixels_are_not_drawn() -> None:
    canvas = on_glass(np.full((4, 5, 3), 255, np.uint8), 9, 8)
    drawn = decoded(encoded(canvas))[..., 3]
    assert drawn[:4, :5].all() and drawn.sum() == 20


def test_many_colours_become_the_nearest_of_256() -> None:
    ramp = np.indices((64, 64), np.uint8).transpose(1, 2, 0) * 4
    pixels = np.concatenate([ramp, 255 - ramp[..., :1]], axis=2)
    back = decoded(encoded(glass(pixels)))
    assert len(np.unique(back[..., :3].reshape(-1, 3), axis=0)) <= 256
    assert abs(back[..., :3] - pixels * (100 / 255)).mean() < 4


def test_enlarged_images_are_short() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    assert len(encoded(glass(fitted(noise, 224, 224)))) < 224 * 224
    assert len(encoded(glass(np.zeros((240, 240, 3), np.uint8)))) < 400
