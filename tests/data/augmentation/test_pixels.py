"""Colour changes against torchvision's; random resized crops against their definition."""

import pytest
import torch
from torchvision.transforms.v2 import functional as V

from workbench.config.sections.augment import AugmentConfig
from workbench.data.augmentation.pixels import jitter, resized_crop, shift_hue, turned


def make_images(count: int = 64, side: int = 12, channels: int = 3) -> torch.Tensor:
    shape = (count, side, side, channels)
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator(1))


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("name", ["brightness", "contrast", "saturation"])
def test_jitter_is_torchvisions_with_a_factor_for_each_image(name: str) -> None:
    images = make_images(16)
    changed = jitter(images, AugmentConfig(**{name: 0.5}), generator())
    draws = torch.rand(16, 1, 1, 1, generator=generator()).flatten()
    factors = 1 + 0.5 * (2 * draws - 1)
    adjust = getattr(V, f"adjust_{name}")
    for image, result, factor in zip(images, changed, factors.tolist(), strict=True):
        expected = adjust(image.permute(2, 0, 1), factor).permute(1, 2, 0)
        # torchvision cuts off to whole numbers where we round, the grey one too.
        assert (result.int() - expected.int()).abs().max() <= 2


def test_no_jitter_changes_nothing() -> None:
    assert torch.equal(jitter(make_images(), AugmentConfig(), generator()), make_images())


def test_grey_images_have_no_saturation() -> None:
    images = make_images(channels=1)
    assert torch.equal(jitter(images, AugmentConfig(saturation=1.0), generator()), images)


def test_a_resized_crop_of_everything_is_the_image_scaled() -> None:
    flat = torch.full((8, 10, 10, 3), 90, dtype=torch.uint8)
    assert torch.equal(resized_crop(flat, 6, 0.1, generator()), flat[:, :6, :6])


def test_a_resized_crop_takes_the_share_that_it_should() -> None:
    """On a ramp along x and y, the slope of a crop tells its width and height."""
    size, side, count = 100, 50, 3000
    ramp = torch.arange(size).expand(size, size).to(torch.uint8)
    both = torch.stack([ramp, ramp.T], dim=2).expand(count, size, size, 2)
    cut = resized_crop(both, side, 0.25, generator()).float()
    wide = (cut[:, 25, 40, 0] - cut[:, 25, 10, 0]) / 30 * side / size
    tall = (cut[:, 40, 25, 1] - cut[:, 10, 25, 1]) / 30 * side / size
    area, ratio = wide * tall, wide / tall
    assert area.min() > 0.2 and area.max() < 1.05
    assert ratio.min() > 0.7 and ratio.max() < 1.45
    # Large crops lose where a side would be longer than the image's, so slightly below 0.625.
    assert area.mean().item() == pytest.approx(0.615, abs=0.02)


@pytest.mark.parametrize("share", [-0.5, -0.2, 0.0, 0.1, 0.4])
def test_hues_are_turned_as_by_torchvision(share: float) -> None:
    images = make_images(8)
    expected = V.adjust_hue(images.permute(0, 3, 1, 2), share).permute(0, 2, 3, 1)
    found = turned(images, torch.full((8, 1, 1), share))
    assert (found.int() - expected.int()).abs().max() <= 1


def test_each_image_has_a_hue_of_its_own_by_the_generator() -> None:
    images = make_images(1).expand(8, -1, -1, -1)
    found = shift_hue(images, 0.3, generator())
    assert torch.equal(found, shift_hue(images, 0.3, generator()))
    assert not torch.equal(found, shift_hue(images, 0.3, generator(7)))
    assert len(found.flatten(1).unique(dim=0)) == 8
    grey_images = make_images(channels=1)
    assert torch.equal(shift_hue(grey_images, 0.3, generator()), grey_images)
