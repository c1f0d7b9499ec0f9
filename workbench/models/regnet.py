"""RegNetX (Radosavovic et al. 2020, arXiv:2003.13678): stem, stages of X blocks, head."""

from collections import OrderedDict

import torch
from torch import Tensor, nn

from workbench.config.sections.models import RegNetModel
from workbench.models.common.blocks import Head, Network, drop_path, initialise, same_conv


class RegNet(Network):
    """Float [N, channels, H, W] -> logits [N, classes]."""

    def __init__(self, config: RegNetModel, *, channels: int, classes: int) -> None:
        super().__init__()
        self.stem = _stem(config, channels)
        inputs, built = config.stem_width, 0
        stages = config.stages
        strides = config.strides or [2] * len(stages.widths)
        for index, (depth, width) in enumerate(zip(stages.blocks, stages.widths, strict=True)):
            stage: OrderedDict[str, nn.Module] = OrderedDict()
            for number in range(1, depth + 1):
                stride = strides[index] if number == 1 else 1
                built += 1
                dropped = config.drop_path * built / sum(stages.blocks)
                stage[f"block{number}"] = XBlock(config, inputs, width, stride, dropped)
                inputs = width
            self.add_module(f"stage{index + 1}", nn.Sequential(stage))
        self.head = Head(inputs, classes)
        initialise(self)


def _stem(config: RegNetModel, channels: int) -> nn.Sequential:
    return nn.Sequential(
        OrderedDict(
            conv=same_conv(channels, config.stem_width, 3, config.stem_stride),
            norm=nn.BatchNorm2d(config.stem_width),
            act=nn.ReLU(inplace=True),
        )
    )


class XBlock(nn.Module):
    """1×1, grouped 3×3 (the stride is here), 1×1, each with norm; plus the shortcut.

    [N, inputs, H, W] -> [N, outputs, H/stride, W/stride].
    """

    def __init__(
        self, config: RegNetModel, inputs: int, outputs: int, stride: int, dropped: float
    ) -> None:
        super().__init__()
        self.dropped = dropped  # share of the images
        inner, groups = config.inner_width(outputs), config.groups_of(outputs)
        self.conv1 = same_conv(inputs, inner, 1)
        self.norm1 = nn.BatchNorm2d(inner)
        self.act1 = nn.ReLU(inplace=True)
        self.conv2 = same_conv(inner, inner, 3, stride, groups)
        self.norm2 = nn.BatchNorm2d(inner)
        self.act2 = nn.ReLU(inplace=True)
        self.conv3 = same_conv(inner, outputs, 1)
        self.norm3 = nn.BatchNorm2d(outputs)
        self.shortcut = _shortcut(config, inputs, outputs, stride)

    def forward(self, x: Tensor) -> Tensor:
        y = self.act1(self.norm1(self.conv1(x)))
        y = self.act2(self.norm2(self.conv2(y)))
        y = self.norm3(self.conv3(y))
        y = drop_path(y, self.dropped, training=self.training)
        return torch.relu_(y + self.shortcut(x))


def _shortcut(config: RegNetModel, inputs: int, outputs: int, stride: int) -> nn.Module:
    """Identity where the shape stays, else a 1×1 convolution (with norm, if so configured)."""
    if inputs == outputs and stride == 1:
        return nn.Identity()
    parts: OrderedDict[str, nn.Module] = OrderedDict(conv=same_conv(inputs, outputs, 1, stride))
    if config.shortcut_norm:
        parts["norm"] = nn.BatchNorm2d(outputs)
    return nn.Sequential(parts)


def build(config: RegNetModel, *, channels: int, classes: int, size: int) -> RegNet:
    """Build the network; it takes images of any size."""
    return RegNet(config, channels=channels, classes=classes)
