"""What several networks share: activations, the classification head, He initialisation."""

from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn

_ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": lambda: nn.ReLU(inplace=True),
    "silu": nn.SiLU,
    "gelu": nn.GELU,
    "leaky_relu": lambda: nn.LeakyReLU(0.01),
    "elu": nn.ELU,
    "tanh": nn.Tanh,
}


def activation(name: str) -> nn.Module:
    """Give a new activation by its name in the configuration."""
    return _ACTIVATIONS[name]()


def same_conv(
    inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1
) -> nn.Conv2d:
    """Convolution without bias that keeps H and W at stride 1: a norm is to follow it."""
    return nn.Conv2d(
        inputs, outputs, kernel, stride=stride, padding=kernel // 2, groups=groups, bias=False
    )


def full_precision(x: Tensor) -> AbstractContextManager[None]:
    """Keep autocast off what is computed from ``x`` inside; the meta device knows no autocast."""
    return nullcontext() if x.is_meta else torch.autocast(x.device.type, enabled=False)


class GlobalAveragePool(nn.Module):
    """[N, C, H, W] -> [N, C]."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean((2, 3))


class GlobalMaxPool(nn.Module):
    """[N, C, H, W] -> [N, C]."""

    def forward(self, x: Tensor) -> Tensor:
        return x.amax((2, 3))


class Head(nn.Sequential):
    """[N, C, H, W] -> global average pool, dropout, linear -> logits [N, classes]."""

    def __init__(self, inputs: int, classes: int, dropout: float = 0.0) -> None:
        parts: OrderedDict[str, nn.Module] = OrderedDict(pool=GlobalAveragePool())
        if dropout:
            parts["dropout"] = nn.Dropout(dropout)
        parts["linear"] = nn.Linear(inputs, classes)
        super().__init__(parts)


class Network(nn.Module):
    """A network whose named parts follow each other: stem, stages, head.

    Parts are registered, and so listed by ``state_dict``, in the order in which data meets them.
    """

    any_size = True  # of images, whatever size it was built for

    def forward(self, x: Tensor) -> Tensor:
        """Float [N, C, H, W] -> logits [N, classes]."""
        for part in self.children():
            x = part(x)
        return x


def initialise(network: nn.Module) -> None:
    """He initialisation of every layer (He et al. 2015, arXiv:1502.01852), in module order.

    Convolutions keep the variance of the gradient (fan out), linear layers that of the
    signal (fan in). The last linear layer classifies: no activation follows, its gain is 1.
    """
    linears = [module for module in network.modules() if isinstance(module, nn.Linear)]
    classifier = linears[-1] if linears else None
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        elif module is classifier:
            nn.init.kaiming_normal_(module.weight, mode="fan_in", nonlinearity="linear")
        elif isinstance(module, nn.Linear):
            nn.init.kaiming_normal_(module.weight, mode="fan_in", nonlinearity="relu")
        if isinstance(module, nn.Conv2d | nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)
