"""Finds the layer in which a loss, weight or output first became NaN or infinite."""

import torch
from torch import Tensor, nn

from workbench.errors import RunError
from workbench.tasks import Targets

ADVICE = (
    "try a lower optimizer.lr, optimizer.clip_norm = 1, train.precision = float32, "
    "or train.nonfinite = skip"
)


def nonfinite_error(
    model: nn.Module, images: Tensor, targets: Targets, step: int, steps_per_epoch: int
) -> RunError:
    """The error for a loss that is not finite at ``step`` (counted from 1); names the layer."""
    epoch, place = divmod(step - 1, steps_per_epoch)
    where = f"step {step} (epoch {epoch + 1}, batch {place + 1} of {steps_per_epoch})"
    layer = first_nonfinite(model, images)
    found = f", first seen in {layer}" if layer else ""
    return RunError(f"the loss is not finite at {where}{found}; {ADVICE}")


def nonfinite_weights(weights: dict[str, Tensor]) -> str:
    """The name of the first tensor that holds NaN or infinity; "" if all are finite."""
    return next((name for name, value in weights.items() if not value.isfinite().all()), "")


def first_nonfinite(model: nn.Module, images: Tensor) -> str:
    """The first place, in order of execution, with NaN or infinity for a batch [N, C, H, W].

    Returns ``the input``, ``the weights of <layer>`` or ``<layer>``; "" if all is finite.
    """
    if not torch.isfinite(images).all():
        return "the input"
    for name, parameter in model.named_parameters():
        if not torch.isfinite(parameter).all():
            return f"the weights of {name}"
    found: list[str] = []

    def check(name: str, output: object) -> None:
        finite = not isinstance(output, Tensor) or bool(torch.isfinite(output).all())
        if not finite and not found:
            found.append(name)

    hooks = [
        module.register_forward_hook(lambda _, __, output, name=name: check(name, output))
        for name, module in model.named_modules()
        if name and not list(module.children())
    ]
    try:
        with torch.no_grad():
            model(images)
    finally:
        for hook in hooks:
            hook.remove()
    return found[0] if found else ""
