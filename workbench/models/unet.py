"""U-Net: an encoder that halves, and a decoder that sees each of its stages again.

Ronneberger, Fischer, Brox 2015, arXiv:1505.04597; with batch norm, same-size convolutions, and
features doubled in size by their nearest neighbours in place of a transposed convolution
(Odena et al. 2016, distill.pub/2016/deconv-checkerboard).
"""

from collections import OrderedDict

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from workbench.config.sections.segmentation_models import UNetModel
from workbench.errors import ConfigError
from workbench.models.common.blocks import activation, initialise, same_conv


class UNet(nn.Module):
    """Float [N, channels, H, W] -> logits [N, classes, H, W]; H and W as the stages halve."""

    def __init__(self, config: UNetModel, *, channels: int, classes: int) -> None:
        super().__init__()
        widths = config.channels
        self.encoder = nn.ModuleList()
        inputs = channels
        for width in widths:
            self.encoder.append(_stage(config, inputs, width))
            inputs = width
        self.pool = nn.MaxPool2d(2)
        self.dropout = nn.Dropout2d(config.dropout)
        self.decoder = nn.ModuleList(
            _stage(config, below + width, width)
            for below, width in zip(widths[:0:-1], widths[-2::-1], strict=True)
        )
        self.head = nn.Conv2d(widths[0], classes, 1)
        initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        skips = []
        for number, stage in enumerate(self.encoder):
            x = stage(self.pool(x) if number else x)
            skips.append(x)
        x = self.dropout(skips.pop())
        for stage in self.decoder:
            x = F.interpolate(x, scale_factor=2.0, mode="nearest")
            x = stage(torch.cat([x, skips.pop()], dim=1))
        logits: Tensor = self.head(x)
        return logits


def _stage(config: UNetModel, inputs: int, outputs: int) -> nn.Sequential:
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    for number, width in ((1, inputs), (2, outputs)):
        parts[f"conv{number}"] = same_conv(width, outputs, 3)
        parts[f"norm{number}"] = nn.BatchNorm2d(outputs)
        parts[f"act{number}"] = activation(config.activation)
    return nn.Sequential(parts)


def build(config: UNetModel, *, channels: int, classes: int, size: int) -> UNet:
    """Build the network; raises :class:`ConfigError` for a size that does not halve so often."""
    unit = 2 ** (len(config.channels) - 1)
    if size % unit:
        need = f"{len(config.channels)} stages need a side that is a multiple of {unit}"
        raise ConfigError({"model.channels": f"{need} (got {size})"})
    return UNet(config, channels=channels, classes=classes)
