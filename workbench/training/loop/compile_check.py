"""Checks that a compiled network trains as the original does, by comparing two steps of each.

A compiler may be wrong in silence: a loss that is not finite, a buffer that is not updated, an
output that the next call overwrites. So both train on the same two batches with the same random
numbers, from the same state, and the results are compared. The tolerance depends on precision,
network and optimiser; it is measured by a third training on images that are off by a rounding
error, as PyTorch's own benchmarks compare with a reference's error
(``torch._dynamo.utils.same``).
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from workbench.models.outputs import tensors_in
from workbench.training.checkpoints import snapshots

if TYPE_CHECKING:
    from workbench.training.loop.trainer import Trainer

STEPS = 2  # the second one starts from what the first one changed
TOLERANCE = {"float32": 1e-4, "float16": 1e-2, "bfloat16": 3e-2}  # relative, by arithmetic
# What a layer's output is off, relative: float32 sums of thousands of products lose some bits.
ROUNDING = {"float32": 1e-6, "float16": 1e-3, "bfloat16": 8e-3}
FACTOR = 8.0  # how much more than such an error in the images, one in every layer may come to


@dataclass(frozen=True)
class Observed:
    """What ``STEPS`` training steps computed and changed."""

    losses: list[dict[str, float]]  # of each step, by name
    changes: dict[str, Tensor]  # added to "weight NAME" and "buffer NAME", on the CPU
    overwritten: bool = False  # whether outputs or losses of a step were written over by the next
    touched: bool = False  # whether the images were changed in place


def find_difference(trainer: "Trainer", network: nn.Module) -> str:
    """Train ``STEPS`` steps with ``network`` and with ``trainer.model``, which share weights.

    Returns what differs, in words; "" if nothing. The trainer (weights, buffers, optimiser,
    meters, step) is restored to the bit.
    """
    expected = observe(trainer, trainer.model)
    precision = trainer.compute.precision
    nudged = observe(trainer, Nudged(trainer.model, ROUNDING[precision]))
    return compare(expected, observe(trainer, network), nudged, TOLERANCE[precision])


def observe(trainer: "Trainer", network: nn.Module) -> Observed:
    """Train ``STEPS`` steps with ``network``, and undo them."""
    given: list[tuple[Tensor, Tensor]] = []  # what it was given, and a copy made before
    kept: list[tuple[Tensor, Tensor]] = []  # what a step gave, and a copy made at once
    before, losses = _state(trainer.model), []
    pre_hook = network.register_forward_pre_hook(lambda _, inputs: given.extend(_pairs(inputs)))
    hook = network.register_forward_hook(lambda _, __, outputs: kept.extend(_pairs(outputs)))
    try:
        with _left_as_it_was(trainer):
            trainer.forward = network
            for _ in range(STEPS):
                step_losses, _ = trainer.train_step()
                kept.extend(_pairs(step_losses))
                losses.append({name: float(value) for name, value in step_losses.items()})
            after = _state(trainer.model)
            overwritten, touched = _changed(kept), _changed(given)
    finally:
        hook.remove()
        pre_hook.remove()
    changes = {name: after[name].double() - before[name].double() for name in after}
    return Observed(losses, changes, overwritten, touched)


@contextmanager
def _left_as_it_was(trainer: "Trainer") -> Iterator[None]:
    """Restore the trainer on leaving: what a checkpoint holds, and what it leaves out."""
    before, buffers = snapshots.take(trainer), _buffers(trainer.model)
    rates = [group["lr"] for group in trainer.optimizer.param_groups]
    forward, clock, training = trainer.forward, trainer.clock, trainer.model.training
    trainer.model.train()
    try:
        yield
    finally:
        snapshots.restore(trainer, before)
        with torch.no_grad():  # those that are not kept with the weights, too
            for name, buffer in trainer.model.named_buffers():
                buffer.copy_(buffers[name])
        for group, rate in zip(trainer.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate
        trainer.optimizer.zero_grad(set_to_none=True)
        trainer.model.train(training)
        trainer.forward, trainer.clock = forward, clock


def _buffers(model: nn.Module) -> dict[str, Tensor]:
    return {name: buffer.clone() for name, buffer in model.named_buffers()}


def _state(model: nn.Module) -> dict[str, Tensor]:
    """Copies of all weights and buffers, on the CPU. Synchronises."""
    named: dict[str, Tensor] = {
        f"weight {name}": weight for name, weight in model.named_parameters()
    }
    named |= {f"buffer {name}": buffer for name, buffer in model.named_buffers()}
    return {name: tensor.detach().cpu().clone() for name, tensor in named.items()}


def compare(expected: Observed, found: Observed, nudged: Observed, tolerance: float) -> str:
    """How ``found`` differs from ``expected``, in words; "" if it does not.

    Allowed is the larger of a relative ``tolerance`` and ``FACTOR`` times the error of
    ``nudged``.
    """
    if found.touched and not expected.touched:
        return "the images are changed in place"
    for step, (a, b, n) in enumerate(
        zip(expected.losses, found.losses, nudged.losses, strict=True), start=1
    ):
        for name, value in a.items():
            if not math.isfinite(value):
                return f"{name} of step {step} is not finite, with or without compiling"
            if not math.isfinite(b[name]):
                return f"{name} of step {step} is not finite"
            if abs(b[name] - value) > max(tolerance * abs(value), FACTOR * abs(n[name] - value)):
                return f"{name} of step {step} is {b[name]:.6g} in place of {value:.6g}"
    if found.overwritten and not expected.overwritten:
        return "what a step gives is overwritten by the next one"
    ratios = {
        name: _ratio(change, found.changes[name], nudged.changes[name], tolerance)
        for name, change in expected.changes.items()
    }
    worst = max(ratios, key=ratios.__getitem__, default="")
    return f"{worst} changes otherwise in {STEPS} steps" if worst and ratios[worst] > 1 else ""


class Nudged(nn.Module):
    """A network whose images get a random relative error of at most ``rounding`` at each call."""

    def __init__(self, network: nn.Module, rounding: float) -> None:
        super().__init__()
        self.network, self.rounding = network, rounding

    def forward(self, images: Tensor, *others: Any) -> Any:
        """As the network's own, on images [N, C, H, W] with the error."""
        noise = torch.Generator(images.device).manual_seed(0)
        factor = torch.empty_like(images).uniform_(-1, 1, generator=noise)
        return self.network(images * (1 + self.rounding * factor), *others)


def _ratio(expected: Tensor, found: Tensor, nudged: Tensor, tolerance: float) -> float:
    """A change's distance from the expected one, as a multiple of what is allowed."""
    off = float((found - expected).norm())
    if off == 0:
        return 0.0
    allowed = max(
        tolerance * float(expected.norm()), FACTOR * float((nudged - expected).norm())
    )  # counters are in neither arithmetic: they are equal, or off by 1 at least
    return off / allowed if allowed and math.isfinite(off) else math.inf


def _pairs(values: Any) -> list[tuple[Tensor, Tensor]]:
    return [(tensor, tensor.detach().clone()) for tensor in tensors_in(values)]


def _changed(pairs: list[tuple[Tensor, Tensor]]) -> bool:
    return any(not torch.equal(now.nan_to_num(), then.nan_to_num()) for now, then in pairs)
