"""Masks go where their images go, and what fills a border does not count."""

import torch

from workbench.config import build_config
from workbench.data.augmentation.transforms import TrainAugment


def test_a_mask_moves_with_its_image() -> None:
    config = build_config(
        {
            "task": {"kind": "segmentation"},
            "model": {"kind": "unet"},
            "data": {"name": "shapes", "size": 16},
            "augment": {"pad": 4, "crop": 16, "hflip": 0.5, "vflip": 0.5, "brightness": 0.0},
            "train": {"epochs": 1},
        }
    )
    augment = TrainAugment(config, [0.0] * 3, [1 / 255] * 3)
    masks = torch.randint(0, 250, (64, 16, 16), dtype=torch.uint8)
    images = (masks + 1)[:, None].expand(-1, 3, -1, -1).contiguous()
    generator = torch.Generator().manual_seed(3)

    batch, targets = augment(images, {"segment": masks}, generator)

    seen = batch[:, 0].round().to(torch.uint8)
    assert torch.equal(targets["segment"] + 1, seen)  # 0 beyond the border, where 255 is ignored
    assert (seen == 0).any() and not torch.equal(targets["segment"], masks)
    alone = augment(images, {}, torch.Generator().manual_seed(3))[0]
    assert torch.equal(alone, batch)
