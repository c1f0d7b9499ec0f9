"""Networks that are initialised from training images before the first step."""

from typing import Protocol, runtime_checkable

from torch import Tensor, nn


@runtime_checkable
class Prepared(Protocol):
    """A network with a method that gets training images once, before a fresh run's first step.

    It keeps what it computes in buffers, which are saved with the weights: a resumed or exported
    run does not need the images again.
    """

    def prepare(self, images: Tensor) -> None:
        """Compute buffers from training images, float [N, C, H, W], normalised, not augmented."""


def frozen(module: nn.Module, name: str) -> None:
    """Make a parameter a buffer: kept in the state dict as before, but not trained."""
    parameter = getattr(module, name)
    delattr(module, name)
    module.register_buffer(name, parameter.detach())
