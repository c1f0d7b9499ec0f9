"""``train.ema``: an exponential moving average of the weights, evaluated in their place.

As timm's ``ModelEmaV3``: buffers of floats are averaged too, counters copied. The decay grows
with the steps, min(decay, (1 + step) / (10 + step)), as in TensorFlow's, so that the average
does not remember the initial weights for long; it is a function of the step alone.
"""

import copy

import torch
from torch import Tensor, nn


class Ema:
    """The average of a network's weights over the steps, as a network of its own."""

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.source = model
        self.model = copy.deepcopy(model).requires_grad_(requires_grad=False)

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take in the weights after ``step`` (counted from 1)."""
        weight = 1 - min(self.decay, (1 + step) / (10 + step))
        ours, theirs = [], []
        for average, value in zip(
            self.model.state_dict().values(), self.source.state_dict().values(), strict=True
        ):
            if average.is_floating_point():
                ours.append(average)
                theirs.append(value)
            else:
                average.copy_(value)
        torch._foreach_lerp_(ours, theirs, weight)

    def state(self) -> dict[str, Tensor]:
        """The average, for a checkpoint."""
        return self.model.state_dict()

    def load(self, state: dict[str, Tensor]) -> None:
        """Go on from a checkpoint's average; from the present weights where it has none."""
        self.model.load_state_dict(state or self.source.state_dict())
