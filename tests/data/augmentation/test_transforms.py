"""The whole way from bytes to a network's input."""

from collections.abc import Callable

import pytest
import torch

from workbench.config import RunConfig
from workbench.data.augmentation.transforms import TestTransform, TrainAugment
from workbench.errors import ConfigError

MakeConfig = Callable[..., RunConfig]
MEAN, STD = [0.4, 0.5, 0.6], [0.2, 0.25, 0.3]

EVERYTHING = {
    "augment__pad": 2,
    "augment__hflip": 0.5,
    "augment__brightness": 0.2,
    "augment__hue": 0.1,
    "augment__policy": "trivialaugment",
    "augment__cutout": 2,
    "augment__mixup": 1.0,
    "augment__cutmix": 1.0,
}


def batch(layout: torch.memory_format = torch.channels_last) -> torch.Tensor:
    seeded = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (6, 3, 8, 8), dtype=torch.uint8, generator=seeded)
    return images.contiguous(memory_format=layout)


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(5)


def labels() -> dict[str, torch.Tensor]:
    return {"label": torch.arange(6)}


@pytest.mark.parametrize("channels_last", [True, False])
@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_nothing_asked_is_normalising(
    config: MakeConfig, channels_last: bool, layout: torch.memory_format, dtype: torch.dtype
) -> None:
    chosen = config("imagefolder")
    train = TrainAugment(chosen, MEAN, STD, dtype=dtype, channels_last=channels_last)
    test = TestTransform(chosen, MEAN, STD, dtype=dtype, channels_last=channels_last)
    images, targets = train(batch(layout), labels(), generator())
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (MEAN, STD))
    expected = ((batch() / 255 - mean) / std).to(dtype)
    tolerance = 1e-5 if dtype == torch.float32 else 0.02
    for found in (images, test(batch(layout))):
        assert found.dtype == dtype
        assert torch.allclose(found.float(), expected.float(), atol=tolerance)
        wanted = torch.channels_last if channels_last else torch.contiguous_format
        assert found.is_contiguous(memory_format=wanted)
    assert torch.equal(targets["label"], labels()["label"])


@pytest.mark.parametrize("changes", [{}, EVERYTHING, {"augment__resized_crop": 0.3}])
def test_a_batch_is_a_function_of_its_generator(
    config: MakeConfig, changes: dict[str, object]
) -> None:
    augment = TrainAugment(config("imagefolder", **changes), MEAN, STD)
    source = batch()
    first, _ = augment(source, labels(), generator())
    torch.rand(7)  # what else draws from torch does not matter
    again, _ = augment(source, labels(), generator())
    assert torch.equal(first, again)
    assert torch.equal(source, batch())  # the resident images are left alone
    assert torch.isfinite(first).all()


def test_sizes_are_as_configured(config: MakeConfig) -> None:
    chosen = config("imagefolder", augment__crop=6, augment__pad=1)
    assert TrainAugment(chosen, MEAN, STD)(batch(), labels(), generator())[0].shape[2:] == (6, 6)
    assert TestTransform(chosen, MEAN, STD)(batch()).shape[2:] == (6, 6)
    assert TestTransform(chosen, MEAN, STD, crop=11)(batch()).shape[2:] == (11, 11)
    other = config("imagefolder", augment__crop=6, augment__test_crop=7)
    assert TestTransform(other, MEAN, STD)(batch()).shape[2:] == (7, 7)


def test_a_larger_test_crop_is_padded_with_black(config: MakeConfig) -> None:
    out = TestTransform(config("imagefolder"), MEAN, STD, crop=12)(batch())
    corner = torch.tensor([-mean / std for mean, std in zip(MEAN, STD, strict=True)])
    assert torch.allclose(out[:, :, 0, 0], corner.expand(6, 3))


def test_mixing_extends_the_targets(config: MakeConfig) -> None:
    augment = TrainAugment(config("imagefolder", augment__mixup=0.4), MEAN, STD)
    _, targets = augment(batch(), labels(), generator())
    assert set(targets) == {"label", "label_b", "mix"}
    assert targets["mix"].dtype == torch.float32


def test_cutout_comes_after_normalising(config: MakeConfig) -> None:
    augment = TrainAugment(config("imagefolder", augment__cutout=8), MEAN, STD)
    images, _ = augment(batch(), labels(), generator())
    assert ((images == 0).all(dim=1).flatten(1).sum(dim=1) >= 16).all()


def test_alternating_flips_go_by_image_and_epoch_whatever_the_batch(config: MakeConfig) -> None:
    chosen = config("imagefolder", augment__hflip=0.5, augment__hflip_mode="alternating")
    augment = TrainAugment(chosen, MEAN, STD)
    other = torch.Generator().manual_seed(6)
    rows = torch.tensor([5, 3, 4, 0, 1, 2])
    first, _ = augment(batch(), labels(), generator())
    shuffled, _ = augment(batch()[rows], labels(), other, rows)
    second, _ = augment(batch(), labels(), other, torch.arange(6), 1)
    assert torch.equal(shuffled, first[rows])
    assert torch.equal(second, first.flip(3))


def test_alternating_flips_are_every_second_one(config: MakeConfig) -> None:
    with pytest.raises(ConfigError, match=r"augment\.hflip_mode: hflip_mode alternating mirrors"):
        config("imagefolder", augment__hflip=0.3, augment__hflip_mode="alternating")
