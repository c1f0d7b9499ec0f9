"""The training batches of a run: their order, reading and augmentation."""

from collections.abc import Callable

import torch
from torch import Tensor

from workbench.data import Split
from workbench.data.dataset import ImageRows, onto
from workbench.data.uncached import Ahead, UncachedImages
from workbench.tasks import Targets
from workbench.training.loop.seeds import derive_for_step, epoch_order

# Of images, targets, a generator, the images' rows in the split and the epoch (from 0).
Augment = Callable[[Tensor, Targets, torch.Generator, Tensor, int | Tensor], tuple[Tensor, Targets]]
Order = Callable[[int, int, int], Tensor]  # of seed, epoch (from 0) and count: int64 [count]


class Batches:
    """The training batches by step, each a pure function of (seed, step).

    An epoch has whole batches only; the images left over differ from epoch to epoch. A split
    smaller than a batch is one batch.
    """

    def __init__(
        self,
        split: Split,
        augment: Augment,
        batch_size: int,
        seed: int,
        device: torch.device,
        order: Order = epoch_order,
    ) -> None:
        self.split, self.order = split, order
        self.augment = augment
        self.batch_size = min(batch_size, len(split))
        self.steps_per_epoch = len(split) // self.batch_size
        self.seed = seed
        self.device = device
        self.generator = torch.Generator(device)  # of crops, flips, mixing
        self._epoch = -1
        self._order = torch.empty(0)
        self._ahead: Ahead | None = None  # of images that are decoded as they are read
        if isinstance(split.images, ImageRows) and isinstance(split.images.source, UncachedImages):
            self._ahead = split.images.source.ahead(self._source_rows)
        self._ahead_order = (-1, torch.empty(0))  # epoch and its order

    def batch(self, step: int) -> tuple[Tensor, Targets]:
        """The batch of a step (counted from 0): floats [B, C, H, W] and targets."""
        epoch, rows = self.place(step)
        if self._ahead is None:
            return self.cut(rows, epoch)
        return self._augmented(*self.split.with_targets(self._ahead.batch(step), rows), rows, epoch)

    def place(self, step: int) -> tuple[int, Tensor]:
        """Epoch (from 0) and images (int64 [B]) of a step; seeds what its batch is to draw."""
        epoch, place = divmod(step, self.steps_per_epoch)
        if epoch != self._epoch:
            order = self.order(self.seed, epoch, len(self.split))
            self._order, self._epoch = onto(order, self.split.images.device), epoch
        self.generator.manual_seed(derive_for_step(self.seed, "augment", step))
        start = place * self.batch_size
        return epoch, self._order[start : start + self.batch_size]

    def cut(self, rows: Tensor, epoch: int | Tensor) -> tuple[Tensor, Targets]:
        """The batch of these images: a function of them, the epoch and the generator's seed."""
        return self._augmented(*self.split.batch(rows), rows, epoch)

    def _augmented(
        self, images: Tensor, targets: Targets, rows: Tensor, epoch: int | Tensor
    ) -> tuple[Tensor, Targets]:
        return self.augment(images, targets, self.generator, onto(rows, self.device), epoch)

    def _source_rows(self, step: int) -> Tensor:
        """The rows in the images' source of a step's batch, which may be some steps ahead."""
        assert isinstance(self.split.images, ImageRows)
        epoch, place = divmod(step, self.steps_per_epoch)
        if epoch != self._ahead_order[0]:
            self._ahead_order = (epoch, self.order(self.seed, epoch, len(self.split)))
        start = place * self.batch_size
        return self.split.images.rows[self._ahead_order[1][start : start + self.batch_size]]
