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
# What is not an argument of the torch class.
OWN = {"kind", "lr", "weight_decay", "decay_norms", "bias_lr_factor", "clip_norm"}


def build_optimizer(settings: OptimizerSection, model: nn.Module) -> torch.optim.Optimizer:
    """An optimiser over the model's trainable parameters; fused where torch has it."""
    kind = str(getattr(settings, "kind", "sgd"))
    arguments: dict[str, Any] = {
        name: value for name, value in settings.model_dump().items() if name not in OWN
    }
    if kind in FUSED:
        arguments["fused"] = True
    groups = parameter_groups(model, settings)
    return CLASSES[kind](groups, lr=settings.lr, **arguments)


def parameter_groups(model: nn.Module, settings: OptimizerSection) -> list[dict[str, Any]]:
    """The trainable parameters; norms and biases apart where they are treated otherwise.

    ``lr_factor`` is what the trainer multiplies a group's learning rate by.
    """
    decay, factor = settings.weight_decay, settings.bias_lr_factor
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    if factor == 1.0 and (settings.decay_norms or not decay):
        return [{"params": parameters, "weight_decay": decay, "lr_factor": 1.0}]
    # Norm scales, norm shifts and biases are the parameters of fewer than two dimensions.
    small = [p for p in parameters if p.ndim < 2]
    large = [p for p in parameters if p.ndim >= 2]
    # A step takes away lr · weight_decay: what these lose stays the same whatever their rate.
    small_decay = decay / factor if settings.decay_norms else 0.0
    return [
        {"params": large, "weight_decay": decay, "lr_factor": 1.0},
        {"params": small, "weight_decay": small_decay, "lr_factor": factor},
    ]
