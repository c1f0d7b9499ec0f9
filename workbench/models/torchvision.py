"""Builds any classification network of torchvision by its name, with new weights."""

import difflib
from typing import Any

import torchvision
from torch import nn
from torchvision.models import get_model, list_models

from workbench.config.sections.models import TorchvisionModel
from workbench.errors import ConfigError
from workbench.models.common.fitting import checked, fit_channels


def build(config: TorchvisionModel, *, channels: int, classes: int, size: int) -> nn.Module:
    """Float [N, channels, size, size] -> logits [N, classes].

    Raises :class:`ConfigError` for a name that torchvision does not have, and where the
    network cannot take the images.
    """
    name = config.name.lower()
    names = list_models(module=torchvision.models)
    if name not in names:
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.4)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise ConfigError({"model.name": f"torchvision has no classifier {config.name!r}{hint}"})

    def make() -> nn.Module:
        network: nn.Module = get_model(
            name, weights=None, num_classes=classes, **_own_arguments(name, size)
        )
        fit_channels(network, channels)
        return network

    return checked(make, name, channels, size)


def _own_arguments(name: str, size: int) -> dict[str, Any]:
    """Arguments of single families: the image's size, or one output only."""
    if name.startswith("vit"):
        return {"image_size": size}
    if name.startswith("maxvit"):
        return {"input_size": (size, size)}
    if name in ("googlenet", "inception_v3"):
        return {"aux_logits": False, "init_weights": True}
    return {}
