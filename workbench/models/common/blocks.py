"""Parts that several networks share: activations, classification head, He initialisation."""

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
    """A new activation module, by its name in the configuration."""
    return _ACTIVATIONS[name]()


def same_conv(
    inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1
) -> nn.Conv2d:
    """Convolution without bias (a norm follows) that keeps H and W at stride 1."""
    return nn.Conv2d(
        inputs, outputs, kernel, stride=stride, padding=kernel // 2, groups=groups, bias=False
    )


def full_precision(x: Tensor) -> AbstractContextManager[None]:
    """A context without autocast on ``x``'s device; does nothing on the meta device."""
    return nullcontext() if x.is_meta else torch.autocast(x.device.type, enabled=False)


def drop_path(x: Tensor, rate: float, *, training: bool) -> Tensor:
    """Stochastic depth: a block's branch [N, C, H, W] without a share ``rate`` of the images.

    Those kept are scaled to the same mean; does nothing in evaluation (Huang et al. 2016,
    arXiv:1603.09382).
    """
    if not rate or not training:
        return x
    kept = torch.empty((len(x), 1, 1, 1), dtype=x.dtype, device=x.device).bernoulli_(1 - rate)
    return x * (kept / (1 - rate))


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
    """A network of named parts in sequence: stem, stages, head.

    ``state_dict`` lists them in execution order.
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
