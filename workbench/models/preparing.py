"""What a network may learn of the images before its first step, and what it then keeps."""

from typing import Protocol, runtime_checkable

from torch import Tensor, nn


@runtime_checkable
class Prepared(Protocol):
    """A network that looks at some training images once, before a fresh run's first step.

    What it finds belongs into buffers: they are saved with the weights, so that a run that
    is resumed, tested or exported does not need the images again.
    """

    def prepare(self, images: Tensor) -> None:
        """Take in training images, float [N, C, H, W], normalised and not augmented."""


def frozen(module: nn.Module, name: str) -> None:
    """Make a parameter a buffer: kept in the state dict as before, but not trained."""
    parameter = getattr(module, name)
    delattr(module, name)
    module.register_buffer(name, parameter.detach())
