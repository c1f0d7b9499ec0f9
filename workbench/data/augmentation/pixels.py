"""Resized crop, colour jitter and torchvision's policies, uint8 [N, H, W, C] to the same."""

from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional as F

from workbench.config.sections.augment import AugmentConfig

LUMA = (0.2989, 0.587, 0.114)  # ITU-R BT.601, as torchvision has it
OTHER_STREAM = 0x5DEECE66D  # makes another seed of a seed
RATIO = 4 / 3  # a random resized crop is at most this much wider or taller than square


def resized_crop(images: Tensor, side: int, least: float, generator: torch.Generator) -> Tensor:
    """Cut a random part, ``least`` to 1 of the area, and scale it to ``side`` (bilinear).

    Szegedy et al. 2014 (arXiv:1409.4842, section 6): area uniform, ratio of the sides
    log-uniform in 3/4 to 4/3. Not antialiased: decode to a ``data.size`` near the crop.
    """
    count = len(images)

    def uniform(low: float, high: float) -> Tensor:
        draw = torch.rand(count, generator=generator, device=images.device)
        return low + (high - low) * draw

    area = uniform(least, 1)
    ratio = torch.pow(RATIO, uniform(-1, 1))
    wide, tall = (area * ratio).sqrt().clamp_max(1), (area / ratio).sqrt().clamp_max(1)
    # In the coordinates of affine_grid the image reaches from -1 to 1.
    theta = torch.zeros(count, 2, 3, device=images.device)
    theta[:, 0, 0], theta[:, 1, 1] = wide, tall
    theta[:, 0, 2], theta[:, 1, 2] = (1 - wide) * uniform(-1, 1), (1 - tall) * uniform(-1, 1)
    grid = F.affine_grid(theta, [count, images.shape[3], side, side], align_corners=False)
    floats = images.permute(0, 3, 1, 2).float()
    cut = F.grid_sample(floats, grid, padding_mode="border", align_corners=False)
    return _bytes(cut.permute(0, 2, 3, 1)).contiguous()


def jitter(images: Tensor, config: AugmentConfig, generator: torch.Generator) -> Tensor:
    """Change brightness, contrast and saturation of each image by factors of its own."""
    batch = images.float()

    def factor(most: float) -> Tensor:
        draw = torch.rand(len(images), 1, 1, 1, generator=generator, device=images.device)
        return 1 + most * (2 * draw - 1)

    if config.brightness:
        batch = (batch * factor(config.brightness)).clamp_(0, 255)
    if config.contrast:
        level = _grey(batch).mean(dim=(1, 2, 3), keepdim=True)
        batch = torch.lerp(level, batch, factor(config.contrast)).clamp_(0, 255)
    if config.saturation:
        batch = torch.lerp(_grey(batch).expand_as(batch), batch, factor(config.saturation))
    return _bytes(batch)


class PerImage:
    """torchvision's own transforms, one image at a time: hue, RandAugment, TrivialAugment.

    They draw from torch's global generator, which is seeded from the caller's generator for the
    batch and restored afterwards.
    """

    def __init__(self, config: AugmentConfig) -> None:
        from torchvision.transforms import v2  # 1.3 s: only for those who need it

        chain: list[Callable[[Tensor], Tensor]] = []
        if config.hue:
            chain.append(v2.ColorJitter(hue=config.hue))
        if config.policy == "randaugment":
            chain.append(v2.RandAugment(config.policy_ops, config.policy_magnitude))
        elif config.policy == "trivialaugment":
            chain.append(v2.TrivialAugmentWide())
        self.transform = v2.Compose(chain)

    @staticmethod
    def wanted(config: AugmentConfig) -> bool:
        """Whether a configuration asks for any of them."""
        return config.hue > 0 or config.policy != "none"

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        # Not drawn: that would wait for the GPU. Turned, so that it is no stream used before.
        seed = generator.initial_seed() ^ OTHER_STREAM
        channels_first = images.permute(0, 3, 1, 2)
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)  # the GPU's own is left alone
            # Synchronises on a GPU: torchvision makes small tensors of what it has drawn.
            changed = torch.stack([self.transform(image) for image in channels_first])
        return changed.permute(0, 2, 3, 1).contiguous()


def _grey(batch: Tensor) -> Tensor:
    """Luma [N, H, W, 1] of floats [N, H, W, C]."""
    if batch.shape[3] == 1:
        return batch
    return (batch * _luma(batch.device)).sum(dim=3, keepdim=True)


@cache
def _luma(device: torch.device) -> Tensor:
    """The weights on a device, copied once: a copy makes the host wait."""
    return torch.tensor(LUMA, device=device)


def _bytes(batch: Tensor) -> Tensor:
    return batch.round().clamp_(0, 255).to(torch.uint8)
