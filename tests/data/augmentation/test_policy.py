"""RandAugment and TrivialAugment: each operation, and what is drawn, as torchvision's."""

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torchvision.transforms import v2

from workbench.config.sections.augment import AugmentConfig
from workbench.data.augmentation.policy import BINS, OPERATIONS, SIGNED, Policy, apply, strengths

THEIRS = {"randaugment": v2.RandAugment(), "trivialaugment": v2.TrivialAugmentWide()}
# Bytes may differ by one: the last digit of float32 decides where whole numbers are cut off.
BY_ONE = {"Brightness", "Color", "Contrast", "Sharpness"}
# The same digit decides here which pixel is the nearest, where two are as near.
TIES = {"ShearX", "ShearY", "Rotate"}


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def make_images(count: int, channels: int = 3) -> Tensor:
    """Noise of another range in each image, 18 by 14, the first of one colour."""
    noise = torch.rand(count, 18, 14, channels, generator=generator(1))
    low = torch.rand(count, 1, 1, channels, generator=generator(2)) * 90
    images = (low + noise * (250 - low)).byte()
    images[0] = 77
    return images


def config(policy: str) -> AugmentConfig:
    return AugmentConfig(policy=policy)  # type: ignore[arg-type]


def theirs(name: str, image: Tensor, strength: float) -> Tensor:
    transform = THEIRS["randaugment"]
    channels_first = image.permute(2, 0, 1)
    changed = transform._apply_image_or_video_transform(
        channels_first, name, strength, transform.interpolation, transform._fill
    )
    return changed.permute(1, 2, 0)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_is_torchvisions(name: str, channels: int) -> None:
    place = OPERATIONS.index(name)
    for policy in THEIRS:
        strength = strengths(policy, 18, 14, torch.device("cpu"))[place]
        strength = torch.cat([strength, -strength]) if name in SIGNED else strength
        images = make_images(len(strength), channels)
        found = apply(images, torch.full((len(strength),), place), strength)
        pairs = zip(images, strength.tolist(), strict=True)
        expected = torch.stack([theirs(name, image, value) for image, value in pairs])
        differences = (found.int() - expected.int()).abs()
        if name in TIES:
            share = (differences > 0).float().mean()
            assert share < 0.005, (policy, share)
        else:
            assert differences.max() <= (name in BY_ONE), policy


def test_images_of_one_batch_have_operations_of_their_own() -> None:
    images = make_images(4 * len(OPERATIONS))
    number = torch.arange(len(images)) % len(OPERATIONS)
    strength = strengths("trivialaugment", 18, 14, torch.device("cpu"))[number, 11]
    together = apply(images, number, strength)
    for row in range(len(images)):
        alone = apply(images[row : row + 1], number[row : row + 1], strength[row : row + 1])
        assert torch.equal(together[row], alone[0])


@pytest.mark.parametrize("policy", THEIRS)
def test_strengths_and_operations_are_torchvisions(policy: str) -> None:
    space = THEIRS[policy]._AUGMENTATION_SPACE
    assert set(space) == set(OPERATIONS)
    assert {name for name, (_, signed) in space.items() if signed} == set(SIGNED)
    ours = dict(zip(OPERATIONS, strengths(policy, 40, 50, torch.device("cpu")), strict=True))
    for name, (magnitudes, _) in space.items():
        values = magnitudes(BINS, 40, 50)
        assert values is None or torch.allclose(ours[name], values.float(), rtol=1e-6)


@pytest.mark.parametrize("policy", THEIRS)
def test_what_is_drawn_is_spread_as_torchvisions(policy: str) -> None:
    count = 14_000
    images = torch.zeros(count, 4, 4, 1, dtype=torch.uint8)
    number, strength = Policy(config(policy)).draw(images, generator())
    assert (number.bincount() - 1000).abs().max() < 150  # five standard deviations
    angles = strength[number == OPERATIONS.index("Rotate")]
    assert abs(float((angles < 0).float().mean()) - 0.5) < 0.08
    bins = angles.abs().unique()
    assert len(bins) == (BINS if policy == "trivialaugment" else 1)
    assert policy == "trivialaugment" or bins.item() == pytest.approx(9.0)
    assert (strength[number >= len(SIGNED)] >= 0).all()


class Operators(TorchDispatchMode):
    """Counts operators."""

    count = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        self.count += 1
        return func(*args, **kwargs or {})


@pytest.mark.parametrize("policy", THEIRS)
def test_a_batch_follows_the_generator_and_needs_no_loop_over_images(policy: str) -> None:
    transform, counts = Policy(config(policy)), []
    for count in (3, 40):
        images = make_images(count)
        first = transform(images, generator())  # fills the table of strengths
        with Operators() as operators:
            assert torch.equal(transform(images, generator()), first)
        counts.append(operators.count)
        assert not torch.equal(transform(images, generator(7)), first)
        assert first.shape == images.shape and first.dtype == torch.uint8
    assert counts[0] == counts[1]
