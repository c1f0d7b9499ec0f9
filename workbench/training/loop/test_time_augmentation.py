"""Evaluating by several views of each image: the mean of a classifier's logits."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from workbench.config.sections.augment import AugmentConfig


class Views(nn.Module):
    """A network asked about an image, its mirror image, and both moved by a few pixels.

    Multi-crop evaluation as in Jordan 2024, arXiv:2404.00498: the views that are
    not moved count for a half, those moved towards two corners for the rest.
    """

    def __init__(self, network: nn.Module, *, flip: bool, shift: int) -> None:
        super().__init__()
        self.network = network
        self.flip, self.shift = flip, shift
        self.train(network.training)

    def forward(self, images: Tensor) -> Tensor:
        """Float [N, C, H, W] -> logits [N, classes]; H and W must be above ``shift``."""
        logits = self._both_ways(images)
        if not self.shift:
            return logits
        height, width = images.shape[2:]
        wide = F.pad(images, (self.shift,) * 4, mode="reflect")
        first = self._both_ways(wide[:, :, :height, :width])
        second = self._both_ways(wide[:, :, -height:, -width:])
        return torch.lerp(logits, (first + second) / 2, 0.5)

    def _both_ways(self, images: Tensor) -> Tensor:
        logits: Tensor = self.network(images)
        return (logits + self.network(images.flip(3))) / 2 if self.flip else logits


def eval_model(network: nn.Module, augment: AugmentConfig) -> nn.Module:
    """The network as it is to be evaluated: itself, or with the views that are asked for."""
    if not augment.test_flip and not augment.test_shift:
        return network
    return Views(network, flip=augment.test_flip, shift=augment.test_shift)
