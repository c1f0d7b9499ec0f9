"""The training batches of a run: their order, reading and augmentation."""

from collections.abc import Callable

import torch
from torch import Tensor

from workbench.data import Split
from workbench.data.dataset import onto
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

    def batch(self, step: int) -> tuple[Tensor, Targets]:
        """The batch of a step (counted from 0): floats [B, C, H, W] and targets."""
        epoch, rows = self.place(step)
        return self.cut(rows, epoch)

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
        images, targets = self.split.batch(rows)
        return self.augment(images, targets, self.generator, onto(rows, self.device), epoch)
