"""Small networks of study 5: stages of a unit and a max-pool, a 3×3 convolution, a linear layer.

The unit is a 5×5 convolution, its separable counterpart (Chollet 2016, arXiv:1610.02357:
depthwise, then pointwise), or a residual block (He et al. 2015, arXiv:1512.03385).
"""

from collections import OrderedDict
from collections.abc import Callable

from torch import Tensor, nn

from workbench.config.sections.models import SmallNetModel
from workbench.errors import ConfigError
from workbench.models.common.blocks import Head, Network, activation, initialise, same_conv

Parts = OrderedDict[str, nn.Module]


class SmallNet(Network):
    """Float [N, channels, H, W] -> logits [N, classes]; every stage halves H and W."""

    def __init__(self, config: SmallNetModel, *, channels: int, classes: int) -> None:
        super().__init__()
        for name, stage in stages(config, channels).items():
            self.add_module(name, stage)
        self.head = Head(config.channels[-1], classes, config.dropout)
        initialise(self)


def stages(config: SmallNetModel, channels: int) -> "OrderedDict[str, nn.Module]":
    """The network without its head: unit and pool for all but the last of ``config.channels``."""
    unit = UNITS[config.unit]
    result = Parts()
    inputs = channels
    for number, width in enumerate(config.channels[:-1], 1):
        parts = unit(config, inputs, width)
        parts["pool"] = nn.MaxPool2d(2)
        result[f"stage{number}"] = nn.Sequential(parts)
        inputs = width
    last = _conv(config, inputs, config.channels[-1], 3)
    result[f"stage{len(config.channels)}"] = nn.Sequential(last)
    return result


def _conv(config: SmallNetModel, inputs: int, outputs: int, kernel: int = 5) -> Parts:
    return Parts(
        conv=same_conv(inputs, outputs, kernel),
        norm=nn.BatchNorm2d(outputs),
        act=activation(config.activation),
    )


def _separable(config: SmallNetModel, inputs: int, outputs: int) -> Parts:
    return Parts(
        depthwise=same_conv(inputs, inputs, 5, groups=inputs),
        pointwise=same_conv(inputs, outputs, 1),
        norm=nn.BatchNorm2d(outputs),
        act=activation(config.activation),
    )


def _residual(config: SmallNetModel, inputs: int, outputs: int) -> Parts:
    return Parts(block=ResidualBlock(config, inputs, outputs))


class ResidualBlock(nn.Module):
    """Two 3×3 convolutions, and a 1×1 one around them; [N, inputs, H, W] -> [N, outputs, H, W]."""

    def __init__(self, config: SmallNetModel, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv1 = same_conv(inputs, outputs, 3)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.act1 = activation(config.activation)
        self.conv2 = same_conv(outputs, outputs, 3)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Sequential(
            Parts(conv=same_conv(inputs, outputs, 1), norm=nn.BatchNorm2d(outputs))
        )
        self.act2 = activation(config.activation)

    def forward(self, x: Tensor) -> Tensor:
        y = self.act1(self.norm1(self.conv1(x)))
        y = self.norm2(self.conv2(y))
        out: Tensor = self.act2(y + self.shortcut(x))
        return out


UNITS: dict[str, Callable[[SmallNetModel, int, int], Parts]] = {
    "conv": _conv,
    "separable": _separable,
    "residual": _residual,
}


def build(config: SmallNetModel, *, channels: int, classes: int, size: int) -> SmallNet:
    """Build the network; raises :class:`ConfigError` where its pools leave nothing."""
    pools = len(config.channels) - 1
    if size < 2**pools:
        need = f"{pools} max-pools need images of {2**pools}×{2**pools} or more"
        raise ConfigError({"model.channels": f"{need} (got {size}×{size})"})
    return SmallNet(config, channels=channels, classes=classes)
