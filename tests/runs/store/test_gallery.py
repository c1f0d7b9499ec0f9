from dataclasses import replace
from pathlib import Path

import numpy as np

from workbench.runs.store.gallery import (
    Gallery,
    GalleryImage,
    ImageBox,
    read_gallery,
    write_gallery,
)

PIXELS = np.arange(48 * 48 * 3, dtype=np.uint8).reshape(48, 48, 3)
CUT = PIXELS[:22, :22]
IMAGE = GalleryImage(
    PIXELS,
    "cat",
    "dog [x]",
    False,
    "IoU 0.5",
    (ImageBox(0.1, 0.2, 0.6, 0.7, "predicted"),),
    PIXELS[:22, :22],
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "gallery.npz"
    plain = GalleryImage(PIXELS, "7", "7", True)
    write_gallery(path, Gallery((IMAGE, plain), 3, "validation"))

    found = read_gallery(path)

    assert found is not None and (found.epoch, found.split) == (3, "validation")
    first, second = found.images
    assert np.array_equal(first.image, PIXELS)
    assert first.crop is not None and np.array_equal(first.crop, PIXELS[:22, :22])
    assert first.boxes == IMAGE.boxes and (first.truth, first.answer) == ("cat", "dog [x]")
    assert second.crop is None and second.is_right and not second.boxes


def test_files_of_earlier_versions_are_read(tmp_path: Path) -> None:
    earlier = ImageBox(0.1, 0.2, 0.6, 0.7, "found")  # type: ignore[arg-type]
    write_gallery(tmp_path / "gallery.npz", Gallery((replace(IMAGE, boxes=(earlier,)),)))
    gallery = read_gallery(tmp_path / "gallery.npz")
    assert gallery is not None and gallery.images[0].boxes == IMAGE.boxes


def test_large_and_grey_images_become_small_and_coloured(tmp_path: Path) -> None:
    path = tmp_path / "gallery.npz"
    grey = np.full((300, 150, 1), 9, dtype=np.uint8)
    write_gallery(path, Gallery((GalleryImage(grey, "a", "a", True),)))

    found = read_gallery(path)

    assert found is not None
    assert found.images[0].image.shape == (96, 48, 3) and (found.images[0].image == 9).all()


def test_a_damaged_or_foreign_file_is_none(tmp_path: Path) -> None:
    path = tmp_path / "gallery.npz"
    assert read_gallery(path) is None

    path.write_bytes(b"PK\x03\x04 and then nothing")
    assert read_gallery(path) is None

    np.savez(path, about=np.array([{"a": 1}], dtype=object))  # would run code if it were loaded
    assert read_gallery(path) is None

    write_gallery(path, Gallery((IMAGE,)))
    path.write_bytes(path.read_bytes()[:-200])
    assert read_gallery(path) is None
