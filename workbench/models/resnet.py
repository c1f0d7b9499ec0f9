"""Residual networks of basic or bottleneck blocks (He et al. 2015, arXiv:1512.03385).

With projection shortcuts and the ImageNet stem these are torchvision's; as there, a
bottleneck has its stride in the 3×3 convolution (the paper: in the first 1×1). With
zero-pad shortcuts and the CIFAR stem they are the paper's CIFAR-10 networks.
"""

from collections import OrderedDict

import torch.nn.functional as F
from torch import Tensor, nn

from workbench.config.sections.models import ResNetModel
from workbench.models.common.blocks import (
    Head,
    Network,
    activation,
    drop_path,
    initialise,
    same_conv,
)


class ResNet(Network):
    """Float [N, channels, H, W] -> logits [N, classes]; layer i has width · 2^(i-1) channels."""

    def __init__(self, config: ResNetModel, *, channels: int, classes: int) -> None:
        super().__init__()
        block = BLOCKS[config.block]
        self.stem = _stem(config, channels)
        inputs, built = config.width, 0
        for index, depth in enumerate(config.blocks):
            outputs = config.width * 2**index * block.expansion
            layer: OrderedDict[str, nn.Module] = OrderedDict()
            for number in range(1, depth + 1):
                stride = 2 if index > 0 and number == 1 else 1
                built += 1
                dropped = config.drop_path * built / sum(config.blocks)
                layer[f"block{number}"] = block(config, inputs, outputs, stride, dropped)
                inputs = outputs
            self.add_module(f"layer{index + 1}", nn.Sequential(layer))
        self.head = Head(inputs, classes, config.dropout)
        initialise(self)


def _stem(config: ResNetModel, channels: int) -> nn.Sequential:
    """CIFAR: conv 3×3. ImageNet: conv 7×7 stride 2, and max-pool 3×3 stride 2."""
    imagenet = config.stem == "imagenet"
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    parts["conv"] = same_conv(channels, config.width, *((7, 2) if imagenet else (3, 1)))
    parts["norm"] = nn.BatchNorm2d(config.width)
    parts["act"] = activation(config.activation)
    if imagenet:
        parts["pool"] = nn.MaxPool2d(3, stride=2, padding=1)
    return nn.Sequential(parts)


class BasicBlock(nn.Module):
    """Two 3×3 convolutions; [N, inputs, H, W] -> [N, outputs, H/stride, W/stride]."""

    expansion = 1

    def __init__(
        self, config: ResNetModel, inputs: int, outputs: int, stride: int, dropped: float = 0.0
    ) -> None:
        super().__init__()
        self.dropped = dropped  # share of the images
        self.conv1 = same_conv(inputs, outputs, 3, stride)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.act1 = activation(config.activation)
        self.conv2 = same_conv(outputs, outputs, 3)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.shortcut = _shortcut(config, inputs, outputs, stride)
        self.act2 = activation(config.activation)

    def forward(self, x: Tensor) -> Tensor:
        y = self.act1(self.norm1(self.conv1(x)))
        y = self.norm2(self.conv2(y))
        y = drop_path(y, self.dropped, training=self.training)
        out: Tensor = self.act2(y + self.shortcut(x))
        return out


class BottleneckBlock(nn.Module):
    """1×1 to a quarter of the channels, 3×3, 1×1 back; shapes as of :class:`BasicBlock`."""

    expansion = 4

    def __init__(
        self, config: ResNetModel, inputs: int, outputs: int, stride: int, dropped: float = 0.0
    ) -> None:
        super().__init__()
        self.dropped = dropped  # share of the images
        inner = outputs // self.expansion
        self.conv1 = same_conv(inputs, inner, 1)
        self.norm1 = nn.BatchNorm2d(inner)
        self.act1 = activation(config.activation)
        self.conv2 = same_conv(inner, inner, 3, stride)
        self.norm2 = nn.BatchNorm2d(inner)
        self.act2 = activation(config.activation)
        self.conv3 = same_conv(inner, outputs, 1)
        self.norm3 = nn.BatchNorm2d(outputs)
        self.shortcut = _shortcut(config, inputs, outputs, stride)
        self.act3 = activation(config.activation)

    def forward(self, x: Tensor) -> Tensor:
        y = self.act1(self.norm1(self.conv1(x)))
        y = self.act2(self.norm2(self.conv2(y)))
        y = self.norm3(self.conv3(y))
        y = drop_path(y, self.dropped, training=self.training)
        out: Tensor = self.act3(y + self.shortcut(x))
        return out


class ZeroPadShortcut(nn.Module):
    """The paper's option A: every stride-th pixel, new channels of zeros, no parameters.

    The zeros are put half before and half after the old channels.
    """

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        before = (outputs - inputs) // 2
        self.padding = (0, 0, 0, 0, before, outputs - inputs - before)

    def forward(self, x: Tensor) -> Tensor:
        return F.pad(x[:, :, :: self.stride, :: self.stride], self.padding)


def _shortcut(config: ResNetModel, inputs: int, outputs: int, stride: int) -> nn.Module:
    """Identity where the shape stays; else conv 1×1 with norm, or the zero-pad shortcut."""
    if inputs == outputs and stride == 1:
        return nn.Identity()
    if config.shortcut == "zero_pad":
        return ZeroPadShortcut(inputs, outputs, stride)
    projection = same_conv(inputs, outputs, 1, stride)
    return nn.Sequential(OrderedDict(conv=projection, norm=nn.BatchNorm2d(outputs)))


BLOCKS: dict[str, type[BasicBlock] | type[BottleneckBlock]] = {
    "basic": BasicBlock,
    "bottleneck": BottleneckBlock,
}


def build(config: ResNetModel, *, channels: int, classes: int, size: int) -> ResNet:
    """Build the network; it takes images of any size."""
    return ResNet(config, channels=channels, classes=classes)
