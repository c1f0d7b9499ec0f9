"""The training batches of a run: their order, reading and augmentation."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from workbench.data import Split
from workbench.data.augmentation.draws import PartOf, Source
from workbench.data.dataset import ImageRows, onto
from workbench.data.uncached import Ahead, UncachedImages
from workbench.tasks import Targets
from workbench.training.loop.seeds import derive_for_step, epoch_order

# Of images, targets, where numbers are drawn, the images' rows in the split and the epoch (from 0).
Augment = Callable[[Tensor, Targets, Source, Tensor, int | Tensor], tuple[Tensor, Targets]]
Order = Callable[[int, int, int], Tensor]  # of seed, epoch (from 0) and count: int64 [count]


@dataclass(frozen=True)
class Share:
    """Which images of each batch a process reads: its part of ``count``, as neighbours.

    Where images are mixed with the one before them in the batch, ``mixes``, that one is read too.
    """

    number: int
    count: int
    mixes: bool = False

    def places(self, batch_size: int) -> Tensor:
        """The images' places (int64 [n]) in a batch; with ``mixes`` one more, which is first."""
        each = batch_size // self.count
        first = self.number * each
        return torch.arange(first - self.mixes, first + each) % batch_size


class Batches:
    """The training batches by step, each a pure function of (seed, step).

    An epoch has whole batches only; the images left over differ from epoch to epoch. A split
    smaller than a batch is one batch. :meth:`take_share` leaves a process's part of
    each, as it is in the whole.
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
        self.share: Share | None = None  # all of each batch
        self.places: Tensor | None = None
        self._source: Source = self.generator
        self._epoch = -1
        self._order = torch.empty(0)
        self._ahead: Ahead | None = None  # of images that are decoded as they are read
        if isinstance(split.images, ImageRows) and isinstance(split.images.source, UncachedImages):
            self._ahead = split.images.source.ahead(self._source_rows)
        self._ahead_order = (-1, torch.empty(0))  # epoch and its order

    def take_share(self, share: Share) -> None:
        """Read a part of each batch from now on."""
        self.share, self.places = share, share.places(self.batch_size)
        self._source = PartOf(self.generator, self.batch_size, self.places.to(self.device))

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
        return epoch, self._cut(self._order, place)

    def cut(self, rows: Tensor, epoch: int | Tensor) -> tuple[Tensor, Targets]:
        """The batch of these images: a function of them, the epoch and the generator's seed."""
        return self._augmented(*self.split.batch(rows), rows, epoch)

    def _augmented(
        self, images: Tensor, targets: Targets, rows: Tensor, epoch: int | Tensor
    ) -> tuple[Tensor, Targets]:
        batch, targets = self.augment(images, targets, self._source, onto(rows, self.device), epoch)
        if self.share and self.share.mixes:
            return batch[1:], {name: target[1:] for name, target in targets.items()}
        return batch, targets

    def _cut(self, order: Tensor, place: int) -> Tensor:
        """The batch at a place of an epoch's order, or the share of it."""
        rows = order[place * self.batch_size : (place + 1) * self.batch_size]
        return rows if self.places is None else rows[onto(self.places, rows.device)]

    def _source_rows(self, step: int) -> Tensor:
        """The rows in the images' source of a step's batch, which may be some steps ahead."""
        assert isinstance(self.split.images, ImageRows)
        epoch, place = divmod(step, self.steps_per_epoch)
        if epoch != self._ahead_order[0]:
            self._ahead_order = (epoch, self.order(self.seed, epoch, len(self.split)))
        return self.split.images.rows[self._cut(self._ahead_order[1], place)]
