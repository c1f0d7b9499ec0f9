"""Which tasks, networks and data sets may be put together."""

from typing import Any

import pytest

from workbench.config import build_config
from workbench.config.pairing import find_mismatch, find_unfit_augmentation


def mismatch(task: str, model: str, data: str, **augment: Any) -> dict[str, str]:
    tables = {
        "task": {"kind": task}, "model": {"kind": model}, "data": {"name": data},
        "augment": augment, "train": {"epochs": 1},
    }  # fmt: skip
    config = build_config(tables)
    return find_mismatch(config) | find_unfit_augmentation(config)


@pytest.mark.parametrize(
    ("task", "model", "data"),
    [
        ("classification", "resnet", "cifar10"),
        ("multilabel", "resnet", "coco"),
        ("segmentation", "unet", "shapes"),
        ("segmentation", "torchvision_segmenter", "maskfolder"),
        ("detection", "faster_rcnn", "scenes"),
    ],
)
def test_what_belongs_together(task: str, model: str, data: str) -> None:
    assert mismatch(task, model, data) == {}


@pytest.mark.parametrize(
    ("task", "model", "data", "key", "words"),
    [
        ("classification", "unet", "digits", "model.kind", "set task.kind to segmentation"),
        ("classification", "resnet", "shapes", "data.name", "has masks"),
        ("multilabel", "resnet", "cifar10", "data.name", "scenes with data.source=cifar10"),
        ("multilabel", "rpn", "coco", "model.kind", "gives boxes"),
        ("segmentation", "resnet", "shapes", "model.kind", "there are unet"),
        ("segmentation", "unet", "coco", "data.name", "use maskfolder or cocomasks"),
        ("detection", "faster_rcnn", "shapes", "data.name", "needs boxes"),
    ],
)
def test_what_does_not(task: str, model: str, data: str, key: str, words: str) -> None:
    problems = mismatch(task, model, data)
    assert [*problems] == [key] and words in problems[key]


def test_augmentations_that_masks_cannot_follow() -> None:
    problems = mismatch("segmentation", "unet", "shapes", mixup=0.2, hflip=0.5, crop=32)
    assert problems == {
        "augment.mixup": "does not move the masks with the images: leave it out (segmentation)",
        "augment.test_crop": "a mask is compared whole: set it to data.size (48)",
    }
    assert [*mismatch("multilabel", "resnet", "coco", cutmix=1.0, hflip=0.5)] == ["augment.cutmix"]
