"""Mean and std of a data set's channels, kept in the user's cache by the images' hash."""

import contextlib
import json
from collections.abc import Callable

import torch
from torch import Tensor

from workbench.config import RunConfig
from workbench.config.fitting import cache_folder
from workbench.data.dataset import ImageRows, Images

CHUNK = 1000  # images at once, so that the whole set is never needed as floats
SAMPLE = 2000  # images whose statistics stand for a set that is decoded as it is read
Statistics = tuple[list[float], list[float]]  # mean and std of each channel, 0 to 1


def normalisation(config: RunConfig, compute: Callable[[], Statistics]) -> Statistics:
    """Mean and std for normalisation: as configured, else from ``compute()``."""
    mean, std = list(config.data.mean), list(config.data.std)
    if not mean or not std:
        own_mean, own_std = compute()
        mean, std = mean or own_mean, std or own_std
    # A channel that never changes carries nothing; dividing by 0 would make it NaN.
    return mean, [value if value > 0 else 1.0 for value in std]


def spread(images: Images) -> Images:
    """The images whose statistics are taken: all, or ``SAMPLE`` of those not held anywhere."""
    if isinstance(images, Tensor) or isinstance(images.source, Tensor) or len(images) <= SAMPLE:
        return images
    return ImageRows(images.source, images.rows[torch.arange(SAMPLE) * len(images) // SAMPLE])


def kept_statistics(images: Images, content_hash: str) -> Statistics:
    """The statistics of ``images``, from the cache if this content is in it."""
    kept = cache_folder() / "statistics" / f"{content_hash}.json"
    with contextlib.suppress(OSError, ValueError):  # not kept yet, or not whole
        mean, std = json.loads(kept.read_text(encoding="utf-8"))
        if len(mean) == len(std) == images.shape[1]:
            return mean, std
    found = channel_statistics(images)
    with contextlib.suppress(OSError):  # a cache that cannot be written costs time, no more
        kept.parent.mkdir(parents=True, exist_ok=True)
        scratch = kept.with_suffix(".part")
        scratch.write_text(json.dumps(found), encoding="utf-8")
        scratch.replace(kept)
    return found


def channel_statistics(images: Images) -> Statistics:
    """Mean and standard deviation (population) of each channel of uint8 [N, C, H, W], 0 to 1."""
    _, channels, height, width = images.shape
    total = torch.zeros(width, channels, dtype=torch.float64)
    squares = torch.zeros(width, channels, dtype=torch.float64)
    for start in range(0, len(images), CHUNK):
        pixels = images[start : start + CHUNK].permute(0, 2, 3, 1)
        # Centred on mid-grey, and summed by columns: float32 loses nothing that matters.
        chunk = pixels.float().div_(255).sub_(0.5).reshape(-1, width, channels)
        total += chunk.sum(dim=0)
        squares += chunk.square_().sum(dim=0)
    count = len(images) * height * width
    mean = total.sum(dim=0) / count
    std = (squares.sum(dim=0) / count - mean.square()).clamp_min(0).sqrt()
    return (mean + 0.5).tolist(), std.tolist()
