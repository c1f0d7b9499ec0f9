"""The optimiser of a configuration, its parameters grouped by weight decay."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from workbench.config.optimizer import OptimizerSection

CLASSES: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "sgd": torch.optim.SGD,
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "adamax": torch.optim.Adamax,
    "nadam": torch.optim.NAdam,
    "radam": torch.optim.RAdam,
    "adagrad": torch.optim.Adagrad,
    "adadelta": torch.optim.Adadelta,
    "rmsprop": torch.optim.RMSprop,
}
FUSED = {"sgd", "adam", "adamw", "adagrad"}
OWN = {"kind", "lr", "weight_decay", "decay_norms", "clip_norm"}  # not the torch class's arguments


def build_optimizer(settings: OptimizerSection, model: nn.Module) -> torch.optim.Optimizer:
    """An optimiser over the model's trainable parameters; fused where torch has it."""
    kind = str(getattr(settings, "kind", "sgd"))
    arguments: dict[str, Any] = {
        name: value for name, value in settings.model_dump().items() if name not in OWN
    }
    if kind in FUSED:
        arguments["fused"] = True
    groups = parameter_groups(model, settings.weight_decay, settings.decay_norms)
    return CLASSES[kind](groups, lr=settings.lr, **arguments)


def parameter_groups(model: nn.Module, decay: float, decay_norms: bool) -> list[dict[str, Any]]:
    """Parameters with weight decay and, if norms and biases are left out, those without."""
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    if decay_norms or not decay:
        return [{"params": parameters, "weight_decay": decay}]
    # Norm scales, norm shifts and biases are the parameters of fewer than two dimensions.
    return [
        {"params": [p for p in parameters if p.ndim >= 2], "weight_decay": decay},
        {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
    ]
