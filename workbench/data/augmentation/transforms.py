"""Makes training and test batches from uint8 batches, on their device.

All random numbers come from the caller's ``torch.Generator``, or from a part of what it draws: a
batch is a function of its images and the generator's state.
"""

import torch
from torch import Tensor

from workbench.config import RunConfig
from workbench.config.sections.augment import AugmentConfig
from workbench.data.augmentation.draws import Source
from workbench.data.augmentation.geometry import Windows, alternating, centre_crop
from workbench.data.augmentation.mixing import Mix, Targets, cutout
from workbench.data.augmentation.pixels import jitter, resized_crop, shift_hue
from workbench.data.augmentation.policy import Policy

SEGMENT = "segment"  # the target that has a class for every pixel


class Normalize:
    """uint8 [N, H, W, C] → (x / 255 - mean) / std as floats [N, C, H, W] in ``dtype``."""

    def __init__(
        self, mean: list[float], std: list[float], dtype: torch.dtype, channels_last: bool
    ) -> None:
        self.scale = torch.tensor([1 / (255 * s) for s in std])
        self.shift = torch.tensor([-m / s for m, s in zip(mean, std, strict=True)])
        self.dtype = dtype
        self.channels_last = channels_last
        self._tiled: dict[tuple[int, torch.device], tuple[Tensor, Tensor]] = {}

    def __call__(self, images: Tensor) -> Tensor:
        count, height, width, channels = images.shape
        scale, shift = self._constants(width, images.device)
        # Rows of W·C numbers: long runs for the vector units. In place, and in float32
        # also where bfloat16 comes out, since 255 levels need more than its 8 bits.
        batch = images.to(torch.float32).view(count, height, width * channels)
        torch.addcmul(shift, batch, scale, out=batch)
        batch = batch.to(self.dtype).view(count, height, width, channels).permute(0, 3, 1, 2)
        return batch if self.channels_last else batch.contiguous()

    def _constants(self, width: int, device: torch.device) -> tuple[Tensor, Tensor]:
        key = (width, device)
        if key not in self._tiled:
            self._tiled[key] = (
                self.scale.repeat(width).to(device),
                self.shift.repeat(width).to(device),
            )
        return self._tiled[key]


class TrainAugment:
    """The augmentation of a training batch, by ``config.augment``.

    Calling it with uint8 [N, C, S, S], targets and a source of draws (on the batch's
    device) gives floats [N, C, crop, crop] in ``dtype`` and targets, which mixup
    and CutMix extend by ``label_b`` and ``mix``. Fastest for channels-last bytes.
    Alternating flips go by the images' numbers ``rows`` (int64 [N]; else 0 to N - 1)
    and by the epoch, counted from 0.
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
        augment = config.augment
        self.config = augment
        self.seed = config.train.seed
        self.side = augment.crop or config.data.size
        self.windows = _windows(augment, self.side)
        self.policy = Policy(augment) if augment.policy != "none" else None
        self.normalize = Normalize(mean, std, dtype, channels_last)
        self.mix = Mix(augment.mixup, augment.cutmix) if augment.mixup or augment.cutmix else None

    def __call__(
        self,
        images: Tensor,
        targets: Targets,
        source: Source,
        rows: Tensor | None = None,
        epoch: int | Tensor = 0,
    ) -> tuple[Tensor, Targets]:
        if SEGMENT in targets:
            pixels, targets = self._with_masks(images, targets, source, rows, epoch)
        else:
            pixels = self.images(images, source, rows, epoch)
        batch = self.normalize(pixels)
        if self.config.cutout:
            batch = cutout(batch, self.config.cutout, source)
        if self.mix is not None:
            return self.mix(batch, targets, source)
        return batch, targets

    def images(
        self,
        images: Tensor,
        source: Source,
        rows: Tensor | None = None,
        epoch: int | Tensor = 0,
    ) -> Tensor:
        """The part before normalisation: uint8 [N, C, S, S] → uint8 [N, crop, crop, C]."""
        batch = self._windows(_pixels_last(images), source, rows, epoch)
        return self._colours(batch, source)

    def _with_masks(
        self,
        images: Tensor,
        targets: Targets,
        source: Source,
        rows: Tensor | None,
        epoch: int | Tensor,
    ) -> tuple[Tensor, Targets]:
        """As :meth:`images`, the masks uint8 [N, S, S] moved with them as one more channel."""
        # One more than the class, so that what pads it, 0, becomes 255: ignored.
        mask = targets[SEGMENT][..., None] + 1
        batch = torch.cat([_pixels_last(images), mask], dim=3)
        batch = self._windows(batch, source, rows, epoch)
        pixels = self._colours(batch[..., :-1].contiguous(), source)
        return pixels, {**targets, SEGMENT: batch[..., -1] - 1}

    def _windows(
        self,
        batch: Tensor,
        source: Source,
        rows: Tensor | None,
        epoch: int | Tensor,
    ) -> Tensor:
        """What moves pixels: crops, flips, scaling; uint8 [N, S, S, C]."""
        config, images = self.config, batch
        mirrored = None
        if config.hflip_mode == "alternating":
            rows = torch.arange(len(images), device=images.device) if rows is None else rows
            mirrored = alternating(rows, epoch, self.seed)
        if config.resized_crop:
            batch = resized_crop(batch, self.side, config.resized_crop, source)
        return self.windows(batch, source, mirrored)

    def _colours(self, batch: Tensor, source: Source) -> Tensor:
        """What changes colours or content of images in place: uint8 [N, S, S, C]."""
        config = self.config
        if config.brightness or config.contrast or config.saturation:
            batch = jitter(batch, config, source)
        if config.hue:
            batch = shift_hue(batch, config.hue, source)
        if self.policy is not None:
            batch = self.policy(batch, source)
        return batch


class TestTransform:
    """The transform of test images: a centre crop, zero-padded where larger, normalised."""

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
        self.normalize = Normalize(mean, std, dtype, channels_last)

    def __call__(self, images: Tensor) -> Tensor:
        """uint8 [N, C, S, S] → floats [N, C, crop, crop]."""
        return self.normalize(self.images(images))

    def images(self, images: Tensor) -> Tensor:
        """The part before normalisation: uint8 [N, C, S, S] → uint8 [N, crop, crop, C]."""
        return centre_crop(_pixels_last(images), self.side)


def _windows(config: AugmentConfig, side: int) -> Windows:
    if config.resized_crop:  # it has cut already; what is left are the flips
        return Windows(side, hflip=config.hflip, vflip=config.vflip)
    return Windows(
        side, config.pad, config.pad_mode == "reflect", hflip=config.hflip, vflip=config.vflip
    )


def _pixels_last(images: Tensor) -> Tensor:
    """[N, C, H, W] as [N, H, W, C], contiguous: no copy where they are channels-last."""
    return images.permute(0, 2, 3, 1).contiguous()
