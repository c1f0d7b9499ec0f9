"""Any image file as a square of bytes."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workbench.data.decode import BrokenImage, decode, decode_mask


def saved(tmp_path: Path, image: Image.Image, name: str = "p.png", **options: object) -> Path:
    path = tmp_path / name
    image.save(path, **options)
    return path


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "I;16", "CMYK", "YCbCr"])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_mode(tmp_path: Path, mode: str, channels: int) -> None:
    suffix = {"CMYK": "tif", "YCbCr": "jpg"}.get(mode, "png")
    white = {"I;16": 65535, "CMYK": (0, 0, 0, 0), "YCbCr": (255, 128, 128)}.get(mode, "white")
    path = saved(tmp_path, Image.new(mode, (6, 4), white), f"p.{suffix}")
    array = decode(path, 5, channels, "crop")
    assert array.shape == (5, 5, channels) and array.dtype == np.uint8
    assert array.min() >= 254


@pytest.mark.parametrize("mode", ["RGBA", "P"])
def test_what_is_transparent_is_white(tmp_path: Path, mode: str) -> None:
    image = Image.new(mode, (4, 4), 0 if mode == "P" else (0, 0, 0, 0))
    options = {"transparency": 0} if mode == "P" else {}
    assert decode(saved(tmp_path, image, **options), 4, 3, "crop").min() == 255


def test_sixteen_bits_are_scaled_not_cut(tmp_path: Path) -> None:
    path = saved(tmp_path, Image.fromarray(np.full((3, 3), 0x8000, dtype=np.uint16)))
    assert decode(path, 3, 1, "crop").tolist() == np.full((3, 3, 1), 0x80).tolist()


@pytest.mark.parametrize("mode", ["L", "P"])
def test_a_mask_has_the_numbers_of_its_file_not_the_colours_of_its_palette(
    tmp_path: Path, mode: str
) -> None:
    image = Image.new(mode, (2, 2))
    image.putdata([0, 1, 2, 7])
    if mode == "P":
        image.putpalette([255, 0, 0] * 8)
    assert decode_mask(saved(tmp_path, image), 2, "crop", 7).tolist() == [[[0], [1]], [[2], [255]]]


def test_exif_turns_the_image(tmp_path: Path) -> None:
    image = Image.new("RGB", (8, 8))
    image.paste("white", (0, 0, 8, 4))  # white on top
    exif = Image.Exif()
    exif[0x0112] = 3  # turned by half
    path = saved(tmp_path, image, exif=exif)
    array = decode(path, 8, 3, "crop")
    assert array[0].max() == 0 and array[-1].min() == 255


def stripe() -> Image.Image:
    """Twice as wide as tall; black, white in the middle half."""
    image = Image.new("L", (16, 8))
    image.paste(255, (4, 0, 12, 8))
    return image


def test_the_three_ways_to_a_square(tmp_path: Path) -> None:
    path = saved(tmp_path, stripe())
    crop, pad, stretch = (decode(path, 8, 1, fit)[:, :, 0] for fit in ("crop", "pad", "stretch"))
    assert crop.min() == 255
    assert pad[0].max() == pad[-1].max() == 0 and pad[4, 4] == 255 and pad[4, 0] == 0
    assert stretch[0, 0] == 0 and stretch[0, 4] == 255


def test_a_large_jpeg_is_decoded_small_and_right(tmp_path: Path) -> None:
    wide = np.linspace(0, 255, 1600).astype(np.uint8)[None].repeat(800, axis=0)
    path = saved(tmp_path, Image.fromarray(wide), "large.jpg")
    ramp = decode(path, 16, 1, "stretch")[8, :, 0].astype(int)
    assert np.abs(ramp - np.linspace(8, 247, 16)).max() < 4


def test_extreme_shapes(tmp_path: Path) -> None:
    path = saved(tmp_path, Image.new("RGB", (3000, 1), "red"))
    for fit in ("crop", "pad", "stretch"):
        assert decode(path, 8, 3, fit).shape == (8, 8, 3)


def test_a_truncated_file_is_broken(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    path = saved(tmp_path, Image.fromarray(noise), "p.jpg")
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(BrokenImage, match="truncated"):
        decode(path, 8, 3, "crop")


@pytest.mark.parametrize("content", [b"", b"not an image", b"\x89PNG\r\n\x1a\n" + b"\0" * 40])
def test_what_is_no_image_is_broken(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "p.png").write_bytes(content)
    with pytest.raises(BrokenImage) as caught:
        decode(tmp_path / "p.png", 8, 3, "crop")
    assert str(caught.value) and "\n" not in str(caught.value)


def test_a_decompression_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path, Image.new("L", (64, 64)))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)  # 4,096 are more than twice that
    with pytest.raises(BrokenImage, match="too large"):
        decode(path, 8, 3, "crop")


def test_a_file_that_has_gone_is_broken(tmp_path: Path) -> None:
    with pytest.raises(BrokenImage, match="disappeared"):
        decode(tmp_path / "none.png", 8, 3, "crop")


@pytest.mark.timeout(20)
def test_a_pipe_is_broken_and_nobody_waits_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "p.png")
    with pytest.raises(BrokenImage, match="is a named pipe, not a file"):
        decode(tmp_path / "p.png", 8, 3, "crop")
