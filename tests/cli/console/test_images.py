"""Images that commands print."""

import subprocess
import sys

import numpy as np
import pytest

from workbench.cli.console.images import SIDE, drawn


@pytest.mark.parametrize("channels", [1, 3])
def test_two_pixels_make_a_half_block(channels: int) -> None:
    pixels = np.array([[[255]], [[16]]], dtype=np.uint8).repeat(channels, axis=2)
    text = drawn(pixels, "half-blocks")
    assert text == "\x1b[38;2;255;255;255;48;2;16;16;16m▀\x1b[0m\n"


@pytest.mark.parametrize(("rows", "columns", "lines", "cells"), [(8, 8, 4, 8), (60, 96, 15, SIDE)])
def test_small_images_keep_their_size_and_large_ones_fit(
    rows: int, columns: int, lines: int, cells: int
) -> None:
    text = drawn(np.zeros((rows, columns, 3), dtype=np.uint8), "half-blocks")
    assert [line.count("▀") for line in text.splitlines()] == [cells] * lines


def test_the_screen_is_not_loaded_for_them() -> None:
    code = "import sys, workbench.cli.console.images; print('textual' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
