"""The optimiser of a configuration, its parameters grouped by how they are treated."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from workbench.config.sections.optimizer import MuonOptimizer, OptimizerSection
from workbench.training.loop.muon import Muon

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
    "muon": Muon,
}
FUSED = {"sgd", "adam", "adamw", "adagrad"}
# What is not an argument of the torch class.
OWN = {
    "kind", "lr", "weight_decay", "decay_norms", "bias_lr_factor", "clip_norm", "rest_lr_factor"
}  # fmt: skip


def build_optimizer(settings: OptimizerSection, model: nn.Module) -> torch.optim.Optimizer:
    """An optimiser over the model's trainable parameters; fused where torch has it."""
    kind = str(getattr(settings, "kind", "sgd"))
    arguments: dict[str, Any] = {
        name: value for name, value in settings.model_dump().items() if name not in OWN
    }
    if kind in FUSED:
        arguments["fused"] = True
    groups = parameter_groups(model, settings)
    optimizer = CLASSES[kind](groups, lr=settings.lr, **arguments)
    _keep_off_the_host(optimizer)
    return optimizer


def set_rate(group: dict[str, Any], lr: float) -> None:
    """Set a group's learning rate, in place where it lies in a tensor."""
    if isinstance(group["lr"], Tensor):
        group["lr"].fill_(lr)
    else:
        group["lr"] = lr


def _keep_off_the_host(optimizer: torch.optim.Optimizer) -> None:
    """On a GPU, learning rates and counts lie there: a step can be captured as it is.

    Captured or not it is then the same arithmetic, to the bit.
    """
    for group in optimizer.param_groups:
        device = group["params"][0].device
        if device.type == "cuda":
            group["lr"] = torch.tensor(group["lr"], device=device)  # synchronises, once
            group |= {"capturable": True} if "capturable" in group else {}
    # Else torch says once that it is slower where nothing is captured.
    optimizer._warned_capturable_if_run_uncaptured = True


def parameter_groups(model: nn.Module, settings: OptimizerSection) -> list[dict[str, Any]]:
    """The trainable parameters; norms and biases apart where they are treated otherwise.

    ``lr_factor`` is what the trainer multiplies a group's learning rate by.
    """
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
    """What Muon trains: the weights of whole layers, but for the last one.

    The rows of a grouped convolution belong to several small matrices.
    """
    convolutions = nn.Conv1d | nn.Conv2d | nn.Conv3d
    layers = [
        dict(module.named_parameters(recurse=False)).get("weight")  # a frozen one is a buffer
        for module in model.modules()
        if isinstance(module, nn.Linear)
        or (isinstance(module, convolutions) and module.groups == 1)
    ]
    return [weight for weight in layers[:-1] if weight is not None and weight.requires_grad]
