"""Windows against an image-by-image reference; centre crops against torchvision."""

import pytest
import torch
from torchvision.transforms.v2.functional import center_crop, pad

from workbench.data.augmentation.geometry import Windows, alternating, centre_crop

COUNT, SIDE = 400, 6


def numbered(channels: int = 2, count: int = COUNT) -> torch.Tensor:
    """Images whose pixels are all different, so that a window tells where it was."""
    size = SIDE * SIDE * channels
    one = torch.arange(1, size + 1, dtype=torch.uint8).view(1, SIDE, SIDE, channels)
    return one.repeat(count, 1, 1, 1)


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(3)


def every_window(windows: Windows, image: torch.Tensor) -> dict[bytes, tuple[int, int, int, int]]:
    """Each window that may come of an image [H, W, C], with its top, left, hflip and vflip."""
    mode = "reflect" if windows.reflect else "constant"
    padded = pad(image.permute(2, 0, 1), [windows.pad] * 4, padding_mode=mode).permute(1, 2, 0)
    found = {}
    for top in range(padded.shape[0] - windows.side + 1):
        for left in range(padded.shape[1] - windows.side + 1):
            window = padded[top : top + windows.side, left : left + windows.side]
            for across in range(2 if windows.hflip else 1):
                for down in range(2 if windows.vflip else 1):
                    flips = [axis for axis, on in ((1, across), (0, down)) if on]
                    found[window.flip(flips).numpy().tobytes()] = (top, left, across, down)
    return found


@pytest.mark.parametrize(
    "windows",
    [
        Windows(6, pad=1, hflip=0.5),
        Windows(6, pad=2, reflect=True),
        Windows(4, hflip=0.5, vflip=0.5),
        Windows(5, pad=1, reflect=True, hflip=0.5, vflip=0.5),
        Windows(6, hflip=0.5),
        Windows(6, vflip=0.5),
        Windows(9, pad=3),
    ],
    ids=str,
)
@pytest.mark.parametrize("channels", [1, 3])
def test_every_window_and_only_those(windows: Windows, channels: int) -> None:
    images = numbered(channels)
    possible = every_window(windows, images[0])
    cut = windows(images, generator())
    assert cut.shape == (COUNT, windows.side, windows.side, channels)
    seen = {possible[window.numpy().tobytes()] for window in cut}
    assert len(seen) >= 0.9 * len(possible)


def test_images_stay_apart() -> None:
    images = torch.arange(50, dtype=torch.uint8).view(-1, 1, 1, 1).expand(50, 5, 5, 3).contiguous()
    cut = Windows(5, pad=2, reflect=True, hflip=0.5, vflip=0.5)(images, generator())
    assert torch.equal(cut, images)


@pytest.mark.parametrize("probability", [0.0, 0.25, 1.0])
def test_flips_are_as_frequent_as_asked(probability: float) -> None:
    images = numbered(count=4000)
    for windows, axis in (
        (Windows(SIDE, hflip=probability), 2),
        (Windows(SIDE, vflip=probability), 1),
    ):
        cut = windows(images, generator())
        flipped = (cut == images.flip(axis)).flatten(1).all(dim=1).float().mean().item()
        assert flipped == pytest.approx(probability, abs=0.03)


def test_the_generator_alone_decides() -> None:
    windows = Windows(SIDE, pad=2, hflip=0.5)
    first = windows(numbered(), generator())
    torch.manual_seed(99)
    assert torch.equal(windows(numbered(), generator()), first)
    assert not torch.equal(windows(numbered(), torch.Generator().manual_seed(4)), first)


@pytest.mark.parametrize("size", [7, 8])
@pytest.mark.parametrize("side", range(3, 15))
def test_centre_crop_is_torchvisions(size: int, side: int) -> None:
    images = torch.randint(1, 256, (2, size, size, 3), dtype=torch.uint8, generator=generator())
    expected = center_crop(images.permute(0, 3, 1, 2), [side, side]).permute(0, 2, 3, 1)
    assert torch.equal(centre_crop(images, side), expected)


def test_images_are_mirrored_where_it_is_said() -> None:
    images = numbered(count=6)
    chosen = torch.tensor([True, False, True, True, False, False])
    cut = Windows(SIDE, hflip=0.5)(images, generator(), chosen)
    expected = torch.where(chosen.view(-1, 1, 1, 1), images.flip(2), images)
    assert torch.equal(cut, expected)


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1])
def test_alternating_shows_each_image_both_ways_in_two_epochs(seed: int) -> None:
    rows = torch.arange(10_000)
    first = alternating(rows, 0, seed)
    assert first.float().mean().item() == pytest.approx(0.5, abs=0.02)
    assert (first[1:] == first[:-1]).float().mean().item() == pytest.approx(0.5, abs=0.02)
    assert torch.equal(alternating(rows, 1, seed), ~first)
    assert torch.equal(alternating(rows, 8, seed), first)
    assert torch.equal(alternating(rows.flip(0), 0, seed), first.flip(0))


def test_alternating_follows_the_seed() -> None:
    rows = torch.arange(10_000)
    same = alternating(rows, 0, 5) == alternating(rows, 0, 6)
    assert same.float().mean().item() == pytest.approx(0.5, abs=0.02)
