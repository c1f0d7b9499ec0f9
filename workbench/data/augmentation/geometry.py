"""Windows out of whole batches of bytes: crop, flip and pad as a few gathers, on any device.

Images are [N, H, W, C] here: a row of pixels is one run of W·C bytes, so that
a window is ``side`` runs, copied whole, and the result is channels-last already.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from workbench.data.augmentation.draws import Source, integers, uniform


@dataclass(frozen=True)
class Windows:
    """Pads each image, cuts a window at a random place, mirrors it with some probability."""

    side: int  # of the window, px
    pad: int = 0  # on each side, px
    reflect: bool = False  # what the border is filled with: the image mirrored, or zeros
    hflip: float = 0.0
    vflip: float = 0.0

    def __call__(self, images: Tensor, source: Source, mirrored: Tensor | None = None) -> Tensor:
        """uint8 [N, H, W, C] → [N, side, side, C]; the source is on the images' device.

        ``mirrored`` (bool [N]) says which images to flip horizontally; without it each is,
        with probability ``hflip``.

        Every image and its mirror image are laid side by side on a canvas, and
        all windows are cut with one gather of rows of bytes: three times as fast as
        indexing windows of [N, C, H, W] and flipping after that (benchmarks/augment.py).
        """
        count, height, width, channels = images.shape
        tall, wide = height + 2 * self.pad, width + 2 * self.pad
        if (tall, wide) == (self.side, self.side) and not (self.hflip or self.vflip):
            return images
        mirrors = 2 if self.hflip else 1
        canvas = self._canvas(images, mirrors)
        top = integers(source, tall - self.side + 1, count, 1)
        left = integers(source, wide - self.side + 1, count, 1)
        if self.hflip:
            if mirrored is None:
                mirrored = uniform(source, count) < self.hflip
            left = left + wide * mirrored.view(-1, 1)
        row = torch.arange(self.side, device=images.device).expand(count, -1)
        if self.vflip:
            turned = uniform(source, count, 1) < self.vflip
            row = torch.where(turned, self.side - 1 - row, row)
        image = torch.arange(count, device=images.device).view(-1, 1) * tall
        starts = ((image + top + row) * (mirrors * wide) + left) * channels
        return _runs(canvas, starts, self.side * channels).view(
            count, self.side, self.side, channels
        )

    def _canvas(self, images: Tensor, mirrors: int) -> Tensor:
        """[N, H + 2·pad, mirrors, W + 2·pad, C]: the padded image, and its mirror image."""
        count, height, width, channels = images.shape
        pad = self.pad
        if not pad and mirrors == 1:
            return images
        shape = (count, height + 2 * pad, mirrors, width + 2 * pad, channels)
        canvas = images.new_zeros(shape) if pad else images.new_empty(shape)
        inside = canvas[:, pad : pad + height]
        for mirror in range(mirrors):
            inside[:, :, mirror, pad : pad + width] = images.flip(2) if mirror else images
        if pad and self.reflect:
            # Without repeating the border: first beside the image, then whole rows.
            core = inside[:, :, :, pad : pad + width]
            inside[:, :, :, :pad] = core[:, :, :, 1 : pad + 1].flip(3)
            inside[:, :, :, pad + width :] = core[:, :, :, -pad - 1 : -1].flip(3)
            canvas[:, :pad] = inside[:, 1 : pad + 1].flip(1)
            canvas[:, pad + height :] = inside[:, -pad - 1 : -1].flip(1)
        return canvas


def _runs(source: Tensor, starts: Tensor, length: int) -> Tensor:
    """Runs of ``length`` bytes of a contiguous tensor, beginning at flat positions ``starts``."""
    flat = source.reshape(-1)
    overlapping = flat.as_strided((flat.numel() - length + 1, length), (1, 1))
    return overlapping.index_select(0, starts.reshape(-1))


def centre_crop(images: Tensor, side: int) -> Tensor:
    """The middle ``side``×``side`` of [N, H, W, C]; zeros where the crop is the larger.

    To the pixel what torchvision's ``center_crop`` gives, its rounding included.
    """
    height, width = images.shape[1:3]
    if (height, width) == (side, side):
        return images
    top, left = (
        round((size - side) / 2) if size > side else -((side - size) // 2)
        for size in (height, width)
    )
    # A negative pad crops.
    return F.pad(images, (0, 0, -left, side - width + left, -top, side - height + top))


def alternating(rows: Tensor, epoch: int | Tensor, seed: int) -> Tensor:
    """Which images (int64 [N], numbers within the data set) an epoch mirrors, bool [N].

    In the first epoch (0) a hash of seed and number decides, and every next one mirrors
    those that the one before did not: in two epochs an image is met both ways (Jordan
    2024, arXiv:2404.00498, section 3.6). The hash is splitmix64's (Steele et al. 2014).
    """
    mixed = rows + (seed << 31)
    for shift, factor in ((30, -0x40A7B892E31B1A47), (27, -0x6B2FB644ECCEEE15)):
        mixed = (mixed ^ (mixed >> shift)) * factor  # wraps around, as it should
    return (mixed < 0) ^ (epoch % 2 == 1)
