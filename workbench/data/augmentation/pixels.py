"""Resized crop, colour jitter and hue, uint8 [N, H, W, C] to the same."""

from functools import cache

import torch
from torch import Tensor
from torch.nn import functional as F

from workbench.config.sections.augment import AugmentConfig
from workbench.data.augmentation.draws import Source, uniform

LUMA = (0.2989, 0.587, 0.114)  # ITU-R BT.601, as torchvision has it
RATIO = 4 / 3  # a random resized crop is at most this much wider or taller than square


def resized_crop(images: Tensor, side: int, least: float, source: Source) -> Tensor:
    """Cut a random part, ``least`` to 1 of the area, and scale it to ``side`` (bilinear).

    Szegedy et al. 2014 (arXiv:1409.4842, section 6): area uniform, ratio of the sides
    log-uniform in 3/4 to 4/3. Not antialiased: decode to a ``data.size`` near the crop.
    """
    count = len(images)

    def between(low: float, high: float) -> Tensor:
        return low + (high - low) * uniform(source, count)

    area = between(least, 1)
    ratio = torch.pow(RATIO, between(-1, 1))
    wide, tall = (area * ratio).sqrt().clamp_max(1), (area / ratio).sqrt().clamp_max(1)
    # In the coordinates of affine_grid the image reaches from -1 to 1.
    theta = torch.zeros(count, 2, 3, device=images.device)
    theta[:, 0, 0], theta[:, 1, 1] = wide, tall
    theta[:, 0, 2], theta[:, 1, 2] = (1 - wide) * between(-1, 1), (1 - tall) * between(-1, 1)
    grid = F.affine_grid(theta, [count, images.shape[3], side, side], align_corners=False)
    floats = images.permute(0, 3, 1, 2).float()
    cut = F.grid_sample(floats, grid, padding_mode="border", align_corners=False)
    return _bytes(cut.permute(0, 2, 3, 1)).contiguous()


def jitter(images: Tensor, config: AugmentConfig, source: Source) -> Tensor:
    """Change brightness, contrast and saturation of each image by factors of its own."""
    batch = images.float()

    def factor(most: float) -> Tensor:
        draw = uniform(source, len(images), 1, 1, 1)
        return 1 + most * (2 * draw - 1)

    if config.brightness:
        batch = (batch * factor(config.brightness)).clamp_(0, 255)
    if config.contrast:
        level = grey(batch).mean(dim=(1, 2, 3), keepdim=True)
        batch = torch.lerp(level, batch, factor(config.contrast)).clamp_(0, 255)
    if config.saturation:
        batch = torch.lerp(grey(batch).expand_as(batch), batch, factor(config.saturation))
    return _bytes(batch)


def shift_hue(images: Tensor, most: float, source: Source) -> Tensor:
    """Turn each image's hues by a share of the colour circle of its own, up to ``most``.

    Through hue, value and chroma (Smith 1978, "Color gamut transform pairs"). Grey images have
    no hue.
    """
    if images.shape[3] == 1:
        return images
    draw = uniform(source, len(images), 1, 1)
    return turned(images, most * (2 * draw - 1))


def turned(images: Tensor, share: Tensor) -> Tensor:
    """Colour images with their hues turned by ``share`` [N, 1, 1] of the circle."""
    batch = images.float()
    red, green, blue = batch.unbind(dim=3)
    value = batch.amax(dim=3)
    chroma = value - batch.amin(dim=3)
    divisor = chroma.clamp(min=1)  # at 0 the hue does not matter
    # In sixths of the circle, from red; the largest channel says in which third.
    sixths = torch.where(value == green, 2 + (blue - red) / divisor, 4 + (red - green) / divisor)
    sixths = torch.where(value == red, (green - blue) / divisor, sixths) + 6 * share
    channels = []
    for offset in (5, 3, 1):
        place = (sixths + offset) % 6
        channels.append(value - chroma * torch.minimum(place, 4 - place).clamp(0, 1))
    return _bytes(torch.stack(channels, dim=3))


def grey(batch: Tensor) -> Tensor:
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
