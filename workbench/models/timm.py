"""Builds any classification network of timm by its name, with new weights; timm is optional."""

import difflib
import importlib
from typing import Any

from torch import nn

from workbench.config.sections.models import TimmModel
from workbench.errors import ConfigError
from workbench.models.common.fitting import checked


def build(config: TimmModel, *, channels: int, classes: int, size: int) -> nn.Module:
    """Float [N, channels, size, size] -> logits [N, classes].

    Raises :class:`ConfigError` where timm is not installed, for a name that it does not
    have, and where the network cannot take the images.
    """
    try:
        timm: Any = importlib.import_module("timm")
    except ModuleNotFoundError:
        problem = "the package timm is not installed: pip install 'workbench[timm]'"
        raise ConfigError({"model.kind": problem}) from None
    if not timm.is_model(config.name):
        near = difflib.get_close_matches(config.name, timm.list_models(), n=1, cutoff=0.4)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise ConfigError({"model.name": f"timm has no network {config.name!r}{hint}"})

    def make() -> nn.Module:
        arguments = {"pretrained": False, "num_classes": classes, "in_chans": channels}
        try:  # ViT, Swin and their like are built for one size of image
            network: nn.Module = timm.create_model(config.name, img_size=size, **arguments)
        except TypeError:  # the others know no img_size and take any
            network = timm.create_model(config.name, **arguments)
        return network

    return checked(make, config.name, channels, size)
