"""timm's optimisers by their names; timm is optional."""

import importlib
from typing import Any

import torch


def build(
    groups: list[dict[str, Any]], lr: float, name: str, momentum: float
) -> torch.optim.Optimizer:
    """The optimiser over parameter groups, with timm's defaults."""
    timm: Any = importlib.import_module("timm.optim")
    has_momentum = timm.get_optimizer_info(name).has_momentum
    arguments = {"momentum": momentum} if has_momentum else {}
    maker = timm.get_optimizer_class(name, bind_defaults=True)
    optimizer: torch.optim.Optimizer = maker(groups, lr=lr, **arguments)
    return optimizer
