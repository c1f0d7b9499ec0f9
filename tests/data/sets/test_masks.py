"""Folders of masks and COCO outlines: which pixels get which class, and what is refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from workbench.catalog.boxed import BoxedImage
from workbench.catalog.listing import ImageFile
from workbench.catalog.mask_folder import find_classes
from workbench.config import RunConfig, build_config
from workbench.config.split_check import resolve_to_train
from workbench.data import load_data
from workbench.data.sets.cocomasks import draw_mask
from workbench.errors import DataError


def config(root: Path, name: str = "maskfolder", **data: object) -> RunConfig:
    tables = {
        "task": {"kind": "segmentation"},
        "model": {"kind": "unet", "channels": [4, 8]},
        "data": {"name": name, "root": str(root), "size": 8, **data},
        "train": {"epochs": 1},
    }
    return build_config(tables)


def put(folder: Path, count: int, *, side: int = 8, low: int = 0) -> None:
    """Images of one grey, and masks whose left half is 0 and right half 1 to 3 in turn."""
    for kind in ("images", "masks"):
        (folder / kind / "deep").mkdir(parents=True, exist_ok=True)
    for number in range(low, low + count):
        mask = np.zeros((side, side), dtype=np.uint8)
        mask[:, side // 2 :] = 1 + number % 3
        mask[0, 0] = 255
        Image.fromarray(np.full((side, side, 3), number, np.uint8)).save(
            folder / "images" / "deep" / f"{number}.png"
        )
        Image.fromarray(mask).save(folder / "masks" / "deep" / f"{number}.png")


def test_masks_belong_to_images_of_their_names(tmp_path: Path) -> None:
    put(tmp_path, 20)
    (tmp_path / "masks" / "deep" / "lonely.png").write_bytes(b"")

    fitted = resolve_to_train(config(tmp_path))
    data = load_data(fitted)

    assert fitted.data.classes == 4 and data.classes[3] == "class 3"
    assert [len(split) for split in data.splits.values()] == [14, 2, 4]
    images, targets = data.train.batch(torch.arange(14))
    for image, mask in zip(images, targets["segment"], strict=True):
        assert mask[0, 0] == 255 and mask[1, 7] == 1 + int(image[0, 0, 0]) % 3


def test_folders_for_splits_are_used(tmp_path: Path) -> None:
    for at, (name, count) in enumerate((("train", 6), ("val", 3), ("test", 2))):
        put(tmp_path / name, count, low=10 * at)
    data = load_data(resolve_to_train(config(tmp_path, limit=4)))
    assert [len(split) for split in data.splits.values()] == [4, 3, 2]


@pytest.mark.parametrize(
    ("fit", "row"), [("crop", [0, 0, 0, 0, 1, 1, 1, 1]), ("stretch", [0, 0, 0, 0, 1, 1, 1, 1])]
)
def test_values_are_never_blended(tmp_path: Path, fit: str, row: list[int]) -> None:
    put(tmp_path, 6, side=24)
    data = load_data(resolve_to_train(config(tmp_path, fit=fit)))
    _, targets = data.train.batch(torch.arange(len(data.train)))
    assert set(targets["segment"].unique().tolist()) <= {0, 1, 2, 3, 255}
    assert [min(value, 1) for value in targets["segment"][0][4].tolist()] == row


def test_what_pads_a_mask_does_not_count(tmp_path: Path) -> None:
    put(tmp_path, 6)
    for path in (tmp_path / "masks" / "deep").iterdir():
        Image.fromarray(np.ones((4, 8), np.uint8)).save(path)
    data = load_data(resolve_to_train(config(tmp_path, fit="pad")))
    _, targets = data.train.batch(torch.arange(1))
    assert targets["segment"][0, :, 0].tolist() == [255, 255, 1, 1, 1, 1, 255, 255]


def broken(root: Path, how: str) -> None:
    mask = root / "masks" / "deep" / "1.png"
    if how == "colour":
        Image.new("RGB", (8, 8)).save(mask)
    elif how == "missing":
        mask.unlink()
    elif how == "no masks":
        (root / "masks").rename(root / "other")
    else:
        (root / "classes.txt").write_text({"twice": "a\na\n", "few": "a\nb\n"}[how])


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("colour", r"1\.png: is RGB; a mask is grey or has a palette"),
        ("missing", r"deep/1\.png: has no mask; put one of its name into"),
        ("no masks", "has images/ but no masks/"),
        ("twice", "two class names or more"),
        ("few", r"has the value [23]; classes.txt names 2 classes, 0 to 1, and 255 is ignored"),
    ],
)
def test_what_is_wrong_is_said_before_a_run_exists(tmp_path: Path, how: str, words: str) -> None:
    put(tmp_path, 6)
    broken(tmp_path, how)
    with pytest.raises(DataError, match=words) as error:
        resolve_to_train(config(tmp_path))
    assert "\n" not in str(error.value)


def test_a_folder_without_images_says_what_to_put_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="put images into images/ and masks of the same names"):
        find_classes(tmp_path, 255)


def test_outlines_are_drawn_the_smaller_on_top() -> None:
    outlines = (
        (0, ((2.0, 2.0, 6.0, 2.0, 6.0, 6.0, 2.0, 6.0),)),
        (1, ((0.0, 0.0, 15.0, 0.0, 15.0, 7.0, 0.0, 7.0),)),
    )
    image = BoxedImage(ImageFile("x", 0, 0, 0, 0), 16, 8, (), outlines)
    mask = draw_mask(image, 16)
    assert mask[:4].unique().tolist() == [255] == mask[12:].unique().tolist()
    assert mask[8, 4] == 1 and mask[5, 12] == 2 and mask[4:12].unique().tolist() == [1, 2]


def test_coco_outlines_train_as_masks(tmp_path: Path) -> None:
    (tmp_path / "annotations").mkdir()
    (tmp_path / "train").mkdir()
    numbers = range(12)
    for number in numbers:
        Image.new("RGB", (8, 8), (number, 0, 0)).save(tmp_path / "train" / f"{number}.png")
    document: dict[str, Any] = {
        "categories": [{"id": 7, "name": "cell"}],
        "images": [
            {"id": n, "file_name": f"{n}.png", "width": 8, "height": 8} for n in numbers
        ],
        "annotations": [
            {
                "image_id": n, "category_id": 7, "bbox": [4, 0, 4, 8],
                "segmentation": [[4, 0, 8, 0, 8, 8, 4, 8]],
            }
            for n in numbers
        ],
    }  # fmt: skip
    (tmp_path / "annotations" / "instances_train.json").write_text(json.dumps(document))

    fitted = resolve_to_train(config(tmp_path, "cocomasks"))
    data = load_data(fitted)

    assert fitted.data.classes == 2 and data.classes == ("background", "cell")
    _, targets = data.train.batch(torch.arange(3))
    assert targets["segment"][:, 3].tolist() == [[0, 0, 0, 0, 1, 1, 1, 1]] * 3
