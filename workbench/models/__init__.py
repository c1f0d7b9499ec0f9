"""Builds networks; one file an architecture family, named by ``model.kind``."""

import importlib
from typing import cast

from torch import nn

from workbench.config import RunConfig


def build_model(config: RunConfig) -> nn.Module:
    """Build the network of a configuration: float32 [N, C, H, W] -> logits [N, classes].

    Its weights come from torch's random state: equal seeds give equal weights. Raises
    :class:`workbench.errors.ConfigError`, naming the key, for an input it cannot take.
    """
    channels, size, _ = config.input_shape
    facts = {"channels": channels, "classes": config.data.classes, "size": size}
    if build := getattr(config.model, "build", None):  # of a package's own section
        return cast(nn.Module, build(**facts))
    family = importlib.import_module(f"{__name__}.{config.model.kind}")
    return cast(nn.Module, family.build(config.model, **facts))
