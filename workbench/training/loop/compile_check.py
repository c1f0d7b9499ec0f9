"""Whether a compiled network trains as the network itself does: the same two steps, compared.

A compiler may be wrong in silence: a loss that is not finite, a buffer that is not updated, an
output that the next call overwrites. So both train on the same two batches with the same random
numbers, from the same state, and what came of it is compared. How far two right ways may lie
apart depends on arithmetic, network and optimiser; it is measured by a third training, whose
images are off by a rounding error, as PyTorch's own benchmarks compare with a reference's error
(``torch._dynamo.utils.same``).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

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
    """What some steps computed, and what they changed."""

    losses: list[dict[str, float]]  # of each step, by name
    changes: dict[str, Tensor]  # what was added to each weight and buffer, on the CPU
    overwritten: bool = False  # whether outputs or losses of a step were written over by the next


def find_difference(trainer: "Trainer", network: nn.Module) -> str:
    """Train ``STEPS`` steps by ``network`` and by the trainer's own; what differs, "" if nothing.

    ``network`` shares the weights of ``trainer.model``. The trainer is left as it was, to the
    bit: weights, buffers, optimiser, meters, step.
    """
    expected = observe(trainer, trainer.model)
    precision = trainer.compute.precision
    nudged = observe(trainer, Nudged(trainer.model, ROUNDING[precision]))
    return compare(expected, observe(trainer, network), nudged, TOLERANCE[precision])


def observe(trainer: "Trainer", network: nn.Module) -> Observed:
    """Train ``STEPS`` steps by ``network``, and undo them."""
    before = snapshots.take(trainer)
    forward, clock = trainer.forward, trainer.clock
    trainer.forward = network
    kept: list[tuple[Tensor, Tensor]] = []  # what a step gave, and a copy made at once

    def keep(values: Any) -> None:
        kept.extend((tensor, tensor.detach().clone()) for tensor in tensors_in(values))

    hook = network.register_forward_hook(lambda _, __, outputs: keep(outputs))
    losses = []
    try:
        trainer.model.train()
        for _ in range(STEPS):
            step_losses, _ = trainer.train_step()
            keep(step_losses)
            losses.append({name: float(value) for name, value in step_losses.items()})
        after = snapshots.take(trainer).weights
        overwritten = not all(_same(now, then) for now, then in kept)
    finally:
        hook.remove()
        snapshots.restore(trainer, before)
        trainer.optimizer.zero_grad(set_to_none=True)
        trainer.forward, trainer.clock = forward, clock
    changes = {name: after[name].double() - before.weights[name].double() for name in after}
    return Observed(losses, changes, overwritten)


def compare(expected: Observed, found: Observed, nudged: Observed, tolerance: float) -> str:
    """What ``found`` has otherwise than ``expected``, in words; "" if nothing.

    Allowed is a relative ``tolerance``, and ``FACTOR`` times what ``nudged`` is off.
    """
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
    if found.overwritten:
        return "what a step gives is overwritten by the next one"
    ratios = {
        name: _ratio(change, found.changes[name], nudged.changes[name], tolerance)
        for name, change in expected.changes.items()
    }
    worst = max(ratios, key=ratios.__getitem__, default="")
    return f"{worst} changes otherwise in {STEPS} steps" if worst and ratios[worst] > 1 else ""


class Nudged(nn.Module):
    """A network that gets its images off by a relative rounding error, drawn anew at each call."""

    def __init__(self, network: nn.Module, rounding: float) -> None:
        super().__init__()
        self.network, self.rounding = network, rounding

    def forward(self, images: Tensor, *others: Any) -> Any:
        """As of the network."""
        noise = torch.Generator(images.device).manual_seed(0)
        factor = torch.empty_like(images).uniform_(-1, 1, generator=noise)
        return self.network(images * (1 + self.rounding * factor), *others)


def tensors_in(values: Any) -> Iterator[Tensor]:
    """Every tensor in nested dicts, lists, tuples and dataclasses."""
    if isinstance(values, Tensor):
        yield values
    elif isinstance(values, dict):
        for value in values.values():
            yield from tensors_in(value)
    elif isinstance(values, list | tuple):
        for value in values:
            yield from tensors_in(value)
    elif is_dataclass(values):
        for field in fields(values):
            yield from tensors_in(getattr(values, field.name))


def _ratio(expected: Tensor, found: Tensor, nudged: Tensor, tolerance: float) -> float:
    """By how much a change is further off than it may be; above 1 is too far."""
    off = float((found - expected).norm())
    if off == 0:
        return 0.0
    allowed = max(
        tolerance * float(expected.norm()), FACTOR * float((nudged - expected).norm())
    )  # counters are in neither arithmetic: they are equal, or off by 1 at least
    return off / allowed if allowed and math.isfinite(off) else math.inf


def _same(now: Tensor, then: Tensor) -> bool:
    return torch.equal(now.nan_to_num(), then.nan_to_num())
