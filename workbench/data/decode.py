"""Decodes an image file of any size and mode to a square uint8 image."""

from collections.abc import Callable
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import BinaryIO, Literal, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from workbench.system.regular_files import open_regular

Fit = Literal["crop", "pad", "stretch"]
SIXTEEN_BIT = frozenset(("I;16", "I;16B", "I;16L", "I"))
HEADROOM = 2  # how much larger than asked a JPEG may be decoded before it is scaled


class BrokenImage(Exception):
    """A file that cannot be decoded; the text says why, in one line."""


def decode(path: Path | str, size: int, channels: int, fit: Fit) -> NDArray[np.uint8]:
    """Decode a file to uint8 [size, size, channels]; raises :class:`BrokenImage`.

    Turned as its EXIF orientation says, transparent parts on white, 16-bit grey
    scaled to 8, the first frame of several. Nothing but a regular file is opened.
    """
    return decode_opened(lambda: _buffered(open_regular(Path(path))), size, channels, fit)


def decode_opened(
    opened: Callable[[], BinaryIO], size: int, channels: int, fit: Fit
) -> NDArray[np.uint8]:
    """As :func:`decode`, of what ``opened`` gives."""
    try:
        with opened() as file, Image.open(file) as image:
            # JPEG only: decode at a half, a quarter or an eighth where that is enough.
            image.draft("RGB" if channels == 3 else "L", (HEADROOM * size, HEADROOM * size))
            return to_square(image, size, channels, fit)
    except MemoryError:
        raise BrokenImage("does not fit into memory") from None
    except Exception as error:  # noqa: BLE001 - a stranger's file fails in any way a decoder can
        raise BrokenImage(_reason(error)) from None


def to_square(image: Image.Image, size: int, channels: int, fit: Fit) -> NDArray[np.uint8]:
    """An opened image as uint8 [size, size, channels], upright and without transparency."""
    upright = ImageOps.exif_transpose(image)
    square = _square(_plain(upright, "RGB" if channels == 3 else "L"), size, fit)
    return np.asarray(square, dtype=np.uint8).reshape(size, size, channels)


def decode_mask(path: Path | str, size: int, fit: Fit, ignore: int) -> NDArray[np.uint8]:
    """Decode a mask to uint8 [size, size, 1] whose values are those of the file, never blended.

    Pixels of the value ``ignore``, and what pads the mask, become 255. Raises
    :class:`BrokenImage`, also for an image in colour.
    """
    try:
        with open_regular(Path(path)) as file, Image.open(_buffered(file)) as image:
            upright = ImageOps.exif_transpose(image)
            if upright.mode not in ("1", "L", "P"):
                raise BrokenImage(f"is {upright.mode}; a mask is grey or has a palette")
            values = Image.fromarray(np.asarray(upright).astype(np.uint8))
            square = _square(values, size, fit, Image.Resampling.NEAREST, 255)
    except MemoryError:
        raise BrokenImage("does not fit into memory") from None
    except BrokenImage:
        raise
    except Exception as error:  # noqa: BLE001 - a stranger's file fails in any way a decoder can
        raise BrokenImage(_reason(error)) from None
    array = np.array(square, dtype=np.uint8).reshape(size, size, 1)
    array[array == ignore] = 255
    return array


def _buffered(file: BinaryIO) -> BufferedReader:
    """The file with a buffer, as decoders read headers a byte or two at a time."""
    return BufferedReader(cast(RawIOBase, file))


def _plain(image: Image.Image, mode: str) -> Image.Image:
    """The image in ``mode`` (RGB or L), without palette, alpha or deep grey."""
    if image.mode in SIXTEEN_BIT:
        deep = np.asarray(image).astype(np.int64) // 256
        return Image.fromarray(deep.clip(0, 255).astype(np.uint8)).convert(mode)
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        layers = image.convert("RGBA")
        white = Image.new("RGBA", layers.size, "white")
        return Image.alpha_composite(white, layers).convert(mode)
    return image if image.mode == mode else image.convert(mode)


def _square(
    image: Image.Image,
    size: int,
    fit: Fit,
    method: Image.Resampling = Image.Resampling.BILINEAR,  # Pillow's is antialiased
    border: int = 0,
) -> Image.Image:
    side = (size, size)
    if image.size == side:
        return image
    if fit == "crop":
        return ImageOps.fit(image, side, method)
    if fit == "pad":
        return ImageOps.pad(image, side, method, color=border)
    return image.resize(side, method)


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "is no image that Pillow can read"
    if isinstance(error, FileNotFoundError):
        return "has disappeared"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, Image.DecompressionBombError):
        return "is too large to decode safely"
    return " ".join(str(error).split())[:200] or type(error).__name__
