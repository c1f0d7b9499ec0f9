"""``data.balance``: the images of an epoch, every class as often as the others.

Of a class with fewer images than its share, each is drawn equally often, or once more; of one
with more, other images in each epoch. A pure function of (seed, epoch).
"""

import torch
from torch import Tensor

from workbench.training.loop.seeds import derive


class ClassOrder:
    """The shuffled rows of an epoch, as :func:`workbench.training.loop.seeds.epoch_order`."""

    def __init__(self, labels: Tensor) -> None:
        """``labels`` (int64 [N]) are those of the training images; classes without any are none."""
        labels = labels.cpu()
        self.rows = [
            torch.nonzero(labels == label).flatten() for label in sorted({*labels.tolist()})
        ]

    def __call__(self, seed: int, epoch: int, count: int) -> Tensor:
        """The rows (int64 [count]) of an epoch, counted from 0."""
        generator = torch.Generator().manual_seed(derive(seed, "order", epoch))
        each, rest = divmod(count, len(self.rows))
        # The rest goes to other classes in each epoch.
        turn = torch.randperm(len(self.rows), generator=generator).tolist()
        drawn = [
            _draw(self.rows[label], each + (place < rest), generator)
            for place, label in enumerate(turn)
        ]
        rows = torch.cat(drawn)
        return rows[torch.randperm(count, generator=generator)]


def _draw(rows: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """``count`` of the rows: all of them as often as it has room for, then some, shuffled."""
    passes = max(1, -(-count // len(rows)))
    shuffled = [rows[torch.randperm(len(rows), generator=generator)] for _ in range(passes)]
    return torch.cat(shuffled)[:count]
