"""Cutout, mixup and CutMix on normalised batches.

The other image of a blend is the next one of the batch, whose order is random.
"""

from functools import cache

import torch
from torch import Tensor

from workbench.data.augmentation.draws import Source, integers, uniform

Targets = dict[str, Tensor]
TABLE = 4096  # quantiles of a Beta distribution that are kept: draws are exact to 1/4096


def cutout(batch: Tensor, side: int, source: Source) -> Tensor:
    """Set a square of each image to 0 (the mean); its centre is any pixel, its edge may be out.

    DeVries & Taylor 2017, arXiv:1708.04552. ``batch`` is [N, C, H, W], changed in place.
    """
    height, width = batch.shape[2:]
    y, x = (integers(source, size, len(batch)) for size in (height, width))
    top, left = y - side // 2, x - side // 2
    return batch.masked_fill_(_box(batch, top, left, top + side, left + side), 0)


class Mix:
    """mixup (Zhang et al. 2017, arXiv:1710.09412) and CutMix (Yun et al. 2019, arXiv:1905.04899).

    Adds ``label_b`` (int64 [N], the other image's label) and ``mix`` (float32 [N],
    the share of the image's own label) to the targets.
    """

    def __init__(self, mixup: float, cutmix: float) -> None:
        self.mixup, self.cutmix = mixup, cutmix  # alphas; 0: none

    def __call__(self, batch: Tensor, targets: Targets, source: Source) -> tuple[Tensor, Targets]:
        """Blend floats [N, C, H, W]; every image draws its own share."""
        other = batch.roll(1, 0)
        share = batch.new_ones(len(batch), dtype=torch.float32)
        mixed = batch
        if self.mixup:
            share = _draw(self.mixup, batch, source)
            mixed = torch.lerp(other, batch, share.to(batch.dtype).view(-1, 1, 1, 1))
        if self.cutmix:
            pasted, kept = _paste(batch, other, _draw(self.cutmix, batch, source), source)
            if not self.mixup:
                mixed, share = pasted, kept
            else:
                coin = uniform(source, len(batch)) < 0.5
                mixed = torch.where(coin.view(-1, 1, 1, 1), pasted, mixed)
                share = torch.where(coin, kept, share)
        return mixed, {**targets, "label_b": targets["label"].roll(1, 0), "mix": share}


def _draw(alpha: float, batch: Tensor, source: Source) -> Tensor:
    index = integers(source, TABLE, len(batch))
    return _table(alpha, batch.device)[index]


@cache
def _table(alpha: float, device: torch.device) -> Tensor:
    """The quantiles on a device, copied once: a copy makes the host wait."""
    return beta_quantiles(alpha).to(device)


def beta_quantiles(alpha: float) -> Tensor:
    """``TABLE`` equally likely values of Beta(alpha, alpha), so that the device draws them."""
    from scipy.special import betaincinv

    probabilities = (torch.arange(TABLE, dtype=torch.float64) + 0.5) / TABLE
    return torch.from_numpy(betaincinv(alpha, alpha, probabilities.numpy())).float()


def _paste(batch: Tensor, other: Tensor, share: Tensor, source: Source) -> tuple[Tensor, Tensor]:
    """Paste a box of ``1 - share`` of the area; returns the images and the share left."""
    height, width = batch.shape[2:]
    half = (1 - share).sqrt() / 2
    y, x = (integers(source, size, len(batch)) for size in (height, width))
    tall, wide = (half * height).round().long(), (half * width).round().long()
    box = _box(batch, y - tall, x - wide, y + tall, x + wide)
    kept = 1 - box.float().mean(dim=(1, 2, 3))
    return torch.where(box, other, batch), kept


def _box(batch: Tensor, top: Tensor, left: Tensor, bottom: Tensor, right: Tensor) -> Tensor:
    """True inside a box of each image, [N, 1, H, W]; what lies outside is cut off."""
    rows = torch.arange(batch.shape[2], device=batch.device).view(1, 1, -1, 1)
    columns = torch.arange(batch.shape[3], device=batch.device).view(1, 1, 1, -1)
    shape = (-1, 1, 1, 1)
    inside_rows = (rows >= top.view(shape)) & (rows < bottom.view(shape))
    return inside_rows & (columns >= left.view(shape)) & (columns < right.view(shape))
