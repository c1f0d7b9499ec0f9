"""Drawn shapes: what is in the masks is what is in the images, and is so every time."""

import numpy as np
import pytest
import torch

from workbench.config import RunConfig, build_config
from workbench.config.sections.mask_data import ShapesData
from workbench.data import load_data
from workbench.data.sets.shapes import CLASSES, draw


def config(**data: object) -> RunConfig:
    tables = {
        "task": {"kind": "segmentation"},
        "model": {"kind": "unet"},
        "data": {"name": "shapes", "images": 40, "size": 16, **data},
        "train": {"epochs": 1},
    }
    return build_config(tables)


def test_splits_targets_and_hash() -> None:
    data, again = load_data(config()), load_data(config())

    assert data.classes == CLASSES
    assert [len(split) for split in data.splits.values()] == [29, 3, 8]
    images, targets = data.train.batch(torch.arange(5))
    assert images.shape == (5, 3, 16, 16) and targets["segment"].shape == (5, 16, 16)
    for mask, shown in zip(targets["segment"], targets["label"], strict=True):
        assert sorted(set(shown.tolist()) - {-1}) == mask.unique().tolist()
    assert data.content_hash == again.content_hash != load_data(config(shape_seed=1)).content_hash


@pytest.mark.parametrize("channels", [1, 3])
def test_a_shape_has_its_area_and_stands_out(channels: int) -> None:
    settings = ShapesData(size=64, objects=1, channels=channels)  # type: ignore[arg-type]
    images, masks = draw(settings, 200, np.random.default_rng(0))

    shares = [
        (masks == label).flatten(1).float().mean(1)[(masks == label).flatten(1).any(1)].mean()
        for label in range(1, 4)
    ]
    # πr², 2r² and 3√3/4 r² for a radius of 0.2 of the side
    for share, factor in zip(shares, (3.1416, 2.0, 1.299), strict=True):
        assert share == pytest.approx(factor * 0.2**2, rel=0.25)
    inside = images.float().mean(1)[masks > 0].var()
    assert inside > 0 and images.shape[1] == channels
