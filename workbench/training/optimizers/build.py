"""Builds the optimiser of a configuration, with parameter groups for norms and biases."""

import importlib
from typing import Any

import torch
from torch import Tensor, nn

from workbench.config.sections.optimizer import MuonOptimizer, OptimizerSection
from workbench.training.optimizers.layer_decay import by_stage

# Keys that are not arguments of the optimiser's class.
OWN = {*OptimizerSection.model_fields, "kind", "rest_lr_factor"}
# Kinds whose step counts can lie on a GPU, and their learning rates in tensors.
CAPTURABLE = frozenset(
    ("sgd", "adam", "adamw", "adamax", "nadam", "radam", "adadelta", "rmsprop", "muon")
)


def build_optimizer(settings: OptimizerSection, model: nn.Module) -> torch.optim.Optimizer:
    """The optimiser of ``[optimizer]`` over the trainable parameters; fused where it can be."""
    arguments: dict[str, Any] = {
        name: value for name, value in settings.model_dump().items() if name not in OWN
    }
    if settings.fused:
        arguments["fused"] = True
    groups = parameter_groups(model, settings)
    if build := getattr(settings, "build", None):  # of a package's own section
        own: torch.optim.Optimizer = build(groups)
        return own
    module, _, name = settings.target.partition(":")
    optimizer = getattr(importlib.import_module(module), name)
    built: torch.optim.Optimizer = optimizer(groups, lr=settings.lr, **arguments)
    if getattr(settings, "kind", "") in CAPTURABLE:
        _keep_off_the_host(built)
    return built


def set_rate(group: dict[str, Any], lr: float) -> None:
    """Set a group's learning rate, in place where it lies in a tensor."""
    if isinstance(group["lr"], Tensor):
        group["lr"].fill_(lr)
    else:
        group["lr"] = lr


def _keep_off_the_host(optimizer: torch.optim.Optimizer) -> None:
    """On a GPU, keep learning rates and step counts there, so that a step can be captured.

    Captured or not, the arithmetic is then the same to the bit.
    """
    for group in optimizer.param_groups:
        device = group["params"][0].device
        if device.type == "cuda":
            group["lr"] = torch.tensor(group["lr"], device=device)  # synchronises, once
            group |= {"capturable": True} if "capturable" in group else {}
    # Else torch says once that it is slower where nothing is captured.
    optimizer._warned_capturable_if_run_uncaptured = True


def parameter_groups(model: nn.Module, settings: OptimizerSection) -> list[dict[str, Any]]:
    """Parameter groups: norms and biases apart where their rate or decay differs.

    The trainer multiplies a group's learning rate by its ``lr_factor``.
    """
    return by_stage(_by_treatment(model, settings), model, settings.layer_decay)


def _by_treatment(model: nn.Module, settings: OptimizerSection) -> list[dict[str, Any]]:
    parameters: list[Tensor] = [p for p in model.parameters() if p.requires_grad]
    if isinstance(settings, MuonOptimizer):
        matrices = _matrices(model)
        known = set(matrices)
        rest = _by_size([p for p in parameters if p not in known], settings)
        for group in rest:
            group["lr_factor"] *= settings.rest_lr_factor
        decay = settings.weight_decay
        first = {"params": matrices, "weight_decay": decay, "lr_factor": 1.0, "orthogonal": True}
        return [group for group in (first, *rest) if group["params"]]
    return _by_size(parameters, settings)


def _by_size(parameters: list[Tensor], settings: OptimizerSection) -> list[dict[str, Any]]:
    decay, factor = settings.weight_decay, settings.bias_lr_factor
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


def _matrices(model: nn.Module) -> list[Tensor]:
    """The weights that Muon trains: those of linear and convolution layers but for the last.

    Grouped convolutions are left out: their rows belong to several small matrices.
    """
    convolutions = nn.Conv1d | nn.Conv2d | nn.Conv3d
    layers = [
        dict(module.named_parameters(recurse=False)).get("weight")  # a frozen one is a buffer
        for module in model.modules()
        if isinstance(module, nn.Linear)
        or (isinstance(module, convolutions) and module.groups == 1)
    ]
    return [weight for weight in layers[:-1] if weight is not None and weight.requires_grad]
