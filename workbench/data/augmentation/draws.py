"""Random numbers for the images of a batch, or of a part of one.

A process that trains on a part of a batch draws what the whole batch needs and takes what its
images get: each image is augmented as it would be by one process.
"""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class PartOf:
    """Draws for some images of a batch, out of those for all of it."""

    generator: torch.Generator
    whole: int  # images of the batch
    places: Tensor  # int64 [n], the part's images in it; on the generator's device

    @property
    def device(self) -> torch.device:
        """Where numbers are drawn."""
        return self.generator.device


Source = torch.Generator | PartOf


def uniform(source: Source, count: int, *shape: int) -> Tensor:
    """Floats [count, *shape] in [0, 1) on the source's device, one row an image."""
    if isinstance(source, PartOf):
        return uniform(source.generator, source.whole, *shape)[source.places]
    return torch.rand(count, *shape, generator=source, device=source.device)


def integers(source: Source, below: int, count: int, *shape: int) -> Tensor:
    """int64 [count, *shape] from 0 to ``below`` - 1 on the source's device, one row an image."""
    if isinstance(source, PartOf):
        return integers(source.generator, below, source.whole, *shape)[source.places]
    return torch.randint(below, (count, *shape), generator=source, device=source.device)
