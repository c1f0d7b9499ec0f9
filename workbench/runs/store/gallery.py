"""The sample images of a run with truth and prediction, in one small file.

The worker replaces ``gallery.npz`` after epochs; a screen reads it. It holds plain arrays and
JSON, so that reading it runs no code.
"""

import io
import json
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from workbench.runs.store.atomic import write_atomically
from workbench.runs.store.files import parse_json, read_bytes

LARGEST = 96  # pixels of a side; what is larger is scaled down
MOST_BYTES = 64 << 20  # a gallery is less than a megabyte; a stranger's file may be anything

# What numpy, zipfile, zlib and we raise for an archive that is no gallery.
UNREADABLE = (
    OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, RuntimeError,
    RecursionError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip

Pixels = NDArray[np.uint8]  # [H, W, 3]


@dataclass(frozen=True)
class ImageBox:
    """A true or predicted box, in shares (0 to 1) of the image's width and height."""

    left: float
    top: float
    right: float
    bottom: float
    role: Literal["true", "predicted"]


@dataclass(frozen=True)
class GalleryImage:
    """One image with its label, prediction and boxes."""

    image: Pixels
    truth: str
    answer: str  # "" where the network is not asked for a class
    is_right: bool
    note: str = ""  # "IoU 0.83", "loss 2.31"
    boxes: tuple[ImageBox, ...] = ()
    crop: Pixels | None = None  # what was cut out of it, where something was


@dataclass(frozen=True)
class Gallery:
    """The images of a split after an epoch."""

    images: tuple[GalleryImage, ...]
    epoch: int = 0
    split: str = ""  # validation or test


def write_gallery(path: Path, gallery: Gallery) -> None:
    """Replace the file; raises OSError where it cannot be written."""
    arrays: dict[str, Any] = {}
    entries = []
    for number, image in enumerate(gallery.images):
        arrays[f"image{number}"] = _small(image.image)
        if image.crop is not None:
            arrays[f"crop{number}"] = _small(image.crop)
        entry = asdict(replace(image, image=None, crop=None))  # type: ignore[arg-type]
        entries.append({**entry, "marks": entry.pop("boxes")})  # the file's word since ever
    about = {"epoch": gallery.epoch, "split": gallery.split, "pictures": entries}
    arrays["about"] = np.frombuffer(json.dumps(about).encode(), dtype=np.uint8)
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    write_atomically(path, out.getvalue(), durable=False)


def read_gallery(path: Path) -> Gallery | None:
    """Read a gallery; None where it is missing or damaged."""
    try:
        data = io.BytesIO(read_bytes(path, MOST_BYTES))
        with zipfile.ZipFile(data) as archive:
            if sum(part.file_size for part in archive.infolist()) > MOST_BYTES:
                return None  # small on the disk, and huge once it is unpacked
        with np.load(data, allow_pickle=False) as arrays:
            about = parse_json(arrays["about"].tobytes())
            images = tuple(
                _image(entry, arrays, number) for number, entry in enumerate(about["pictures"])
            )
            return Gallery(images, int(about["epoch"]), str(about["split"]))
    except UNREADABLE:
        return None


def _image(entry: dict[str, Any], arrays: Any, number: int) -> GalleryImage:
    boxes = tuple(_box(box) for box in entry.pop("marks"))
    crop = _pixels(arrays[f"crop{number}"]) if f"crop{number}" in arrays else None
    image = _pixels(arrays[f"image{number}"])
    return GalleryImage(**{**entry, "image": image, "crop": crop, "boxes": boxes})


def _box(entry: dict[str, Any]) -> ImageBox:
    role = entry["role"]  # "found" in files of earlier versions
    return ImageBox(**{**entry, "role": "predicted" if role == "found" else role})


def _pixels(array: Any) -> Pixels:
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3 or not array.size:
        raise ValueError("an image is uint8 [H, W, 3]")
    pixels: Pixels = array
    return pixels


def _small(image: Pixels) -> Pixels:
    """The image in RGB, scaled to at most ``LARGEST`` pixels a side."""
    height, width, channels = image.shape
    if channels == 1:
        image = np.repeat(image, 3, axis=2)
    if max(height, width) <= LARGEST:
        return np.ascontiguousarray(image)
    scale = LARGEST / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BOX))


def as_pixels(values: Sequence[Any] | NDArray[Any]) -> Pixels:
    """Floats from 0 to 255 as a uint8 image."""
    return np.clip(np.rint(np.asarray(values, dtype=np.float64)), 0, 255).astype(np.uint8)


__all__ = [
    "Gallery",
    "GalleryImage",
    "ImageBox",
    "Pixels",
    "as_pixels",
    "read_gallery",
    "write_gallery",
]
