"""Fits a network of a library to the images: its input channels, and a check of the size."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from workbench.errors import ConfigError
from workbench.models.common.meta import ShapesOnly, on_meta

RGB = 3


def fit_channels(network: nn.Module, channels: int) -> None:
    """Replace the first convolution, made for RGB, by one for ``channels``; weights are new."""
    if channels == RGB:
        return
    name, first = next(
        (name, module)
        for name, module in network.named_modules()
        if isinstance(module, nn.Conv2d) and module.in_channels == RGB
    )
    parent, _, attribute = name.rpartition(".")
    fitted = nn.Conv2d(
        channels,
        first.out_channels,
        (first.kernel_size[0], first.kernel_size[1]),
        stride=(first.stride[0], first.stride[1]),
        padding=first.padding,  # type: ignore[arg-type]  # as it came: a pair or a word
        bias=first.bias is not None,
    )
    setattr(network.get_submodule(parent), attribute, fitted)


def checked(make: Callable[[], nn.Module], name: str, channels: int, size: int) -> nn.Module:
    """Make a network, after a trial on the meta device with one image's shape.

    Raises :class:`ConfigError`, naming ``model.name``, where it cannot take
    [N, channels, size, size].
    """
    try:
        trial = on_meta(make)
        with torch.no_grad(), ShapesOnly():
            result = trial.eval()(torch.empty(1, channels, size, size, device="meta"))
    except (RuntimeError, ValueError, AssertionError, TypeError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        problem = f"{name} cannot take {channels}×{size}×{size} images: {reason}"
        raise ConfigError({"model.name": problem}) from None
    if not isinstance(result, Tensor) or result.dim() != 2:
        raise ConfigError({"model.name": f"{name} is no classification network"})
    return trial.train() if torch.get_default_device().type == "meta" else make()
