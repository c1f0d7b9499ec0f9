"""Test-time augmentation: the mean of a classifier's logits over several views of an image."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from workbench.config.sections.augment import AugmentConfig


class Views(nn.Module):
    """A network evaluated on an image, its mirror image, and both shifted by a few pixels.

    As in Jordan 2024, arXiv:2404.00498: the unshifted views have half the weight, those
    shifted towards two corners the other half.
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
    """The network to evaluate: itself, or :class:`Views` of it where ``[augment]`` asks for it."""
    if not augment.test_flip and not augment.test_shift:
        return network
    return Views(network, flip=augment.test_flip, shift=augment.test_shift)
