"""Small images grow by whole numbers, large ones are averaged."""

import numpy as np
import pytest

from workbench.ui.images.fitting import fitted, on_glass

CHECKS = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [9, 9, 9]]], np.uint8)


@pytest.mark.parametrize(("room", "side"), [((2, 2), 2), ((7, 9), 6), ((240, 240), 240)])
def test_small_images_keep_sharp_edges(room: tuple[int, int], side: int) -> None:
    large = fitted(CHECKS, *room)
    half = side // 2
    assert large.shape == (side, side, 3)
    for y, x in ((0, 0), (0, 1), (1, 0), (1, 1)):
        block = large[y * half : (y + 1) * half, x * half : (x + 1) * half]
        assert (block == CHECKS[y, x]).all()


def test_large_images_are_averaged_into_the_room() -> None:
    wide = np.zeros((100, 400, 3), np.uint8)
    wide[:, ::2] = 200
    small = fitted(wide, 50, 50)
    assert small.shape == (12, 50, 3) and (abs(small.astype(int) - 100) <= 1).all()


def test_what_is_beside_a_image_is_transparent() -> None:
    canvas = on_glass(CHECKS, 4, 3)
    assert canvas.shape == (3, 4, 4)
    assert (canvas[:2, :2, :3] == CHECKS).all()
    assert canvas[..., 3].tolist() == [[255, 255, 0, 0], [255, 255, 0, 0], [0, 0, 0, 0]]
