"""Training and test pictures made from uint8 batches: whole batches, on their device.

All randomness comes from the ``torch.Generator`` that the caller passes, so
that a batch is a function of its pictures and that generator's state alone.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from workbench.config import RunConfig

Targets = dict[str, Tensor]


class Normalize:
    """uint8 [N, C, H, W] → (x / 255 - mean) / std in ``dtype``, optionally channels-last."""

    def __init__(
        self,
        mean: list[float],
        std: list[float],
        *,
        dtype: torch.dtype = torch.float32,
        channels_last: bool = False,
    ) -> None:
        self.scale = [1 / (255 * s) for s in std]
        self.shift = [-m / s for m, s in zip(mean, std, strict=True)]
        self.dtype = dtype
        self.format = torch.channels_last if channels_last else torch.contiguous_format

    def __call__(self, images: Tensor) -> Tensor:
        batch = images.to(self.dtype, memory_format=self.format)
        shape = (1, -1, 1, 1)
        scale = torch.tensor(self.scale, device=batch.device, dtype=self.dtype).view(shape)
        shift = torch.tensor(self.shift, device=batch.device, dtype=self.dtype).view(shape)
        return torch.addcmul(shift, batch, scale).contiguous(memory_format=self.format)


class TrainAugment:
    """What training does to a batch: pad, random crop, flips, normalise.

    Calling it with uint8 [N, C, S, S], targets and a generator (on the batch's
    device) gives floats [N, C, crop, crop] and targets.
    """

    def __init__(
        self,
        config: RunConfig,
        mean: list[float],
        std: list[float],
        *,
        dtype: torch.dtype = torch.float32,
        channels_last: bool = False,
    ) -> None:
        self.config = config.augment
        self.side = config.augment.crop or config.data.size
        self.normalize = Normalize(mean, std, dtype=dtype, channels_last=channels_last)

    def __call__(
        self, images: Tensor, targets: Targets, generator: torch.Generator
    ) -> tuple[Tensor, Targets]:
        images = self._flip(self._crop(images, generator), generator)
        return self.normalize(images), targets

    def _crop(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Cut a window of ``side``×``side`` at a random place of each padded picture."""
        pad, side = self.config.pad, self.side
        if pad and self.config.pad_mode == "reflect":
            images = _reflect(images, pad)
        elif pad:
            images = F.pad(images, (pad, pad, pad, pad))
        count, _, height, width = images.shape
        if (height, width) == (side, side):
            return images
        at = {"generator": generator, "device": images.device}
        top = torch.randint(height - side + 1, (count,), **at)  # type: ignore[call-overload]
        left = torch.randint(width - side + 1, (count,), **at)  # type: ignore[call-overload]
        # Windows as a view [N, tops, lefts, C, side, side]; indexing copies one of each picture.
        windows = images.unfold(2, side, 1).unfold(3, side, 1).permute(0, 2, 3, 1, 4, 5)
        return windows[torch.arange(count, device=images.device), top, left]

    def _flip(self, images: Tensor, generator: torch.Generator) -> Tensor:
        for probability, axis in ((self.config.hflip, 3), (self.config.vflip, 2)):
            if probability > 0:
                chance = torch.rand(len(images), generator=generator, device=images.device)
                chosen = (chance < probability).view(-1, 1, 1, 1)
                images = torch.where(chosen, images.flip(axis), images)
        return images


class TestTransform:
    """What a test picture looks like: a centre crop, zero-padded where larger, normalised."""

    __test__ = False  # its name does not make it a test

    def __init__(
        self,
        config: RunConfig,
        mean: list[float],
        std: list[float],
        *,
        crop: int | None = None,
        dtype: torch.dtype = torch.float32,
        channels_last: bool = False,
    ) -> None:
        augment = config.augment
        self.side = crop or augment.test_crop or augment.crop or config.data.size
        self.normalize = Normalize(mean, std, dtype=dtype, channels_last=channels_last)

    def __call__(self, images: Tensor) -> Tensor:
        """uint8 [N, C, S, S] → floats [N, C, crop, crop]."""
        return self.normalize(centre_crop(images, self.side))


def centre_crop(images: Tensor, side: int) -> Tensor:
    """The middle ``side``×``side`` of [N, C, H, W]; zeros where the crop is the larger."""
    height, width = images.shape[2:]
    top, left = (height - side) // 2, (width - side) // 2
    # A negative pad crops; the odd pixel goes to the bottom and the right.
    return F.pad(images, (-left, side - width + left, -top, side - height + top))


def _reflect(images: Tensor, pad: int) -> Tensor:
    """Reflect without repeating the border; torch's own does not take bytes."""

    def mirror(size: int) -> Tensor:
        index = torch.arange(-pad, size + pad, device=images.device).abs()
        return (size - 1) - ((size - 1) - index).abs()

    rows, columns = mirror(images.shape[2]), mirror(images.shape[3])
    return images.index_select(2, rows).index_select(3, columns)
