"""Checks that a compiled or captured step trains as the original does: two steps of each.

A compiler may be wrong in silence: a loss that is not finite, a buffer that is not updated, an
output that the next call overwrites. So both train on the same two batches with the same random
numbers, from the same state, and the results are compared. A captured step runs the same kernels:
where those repeat themselves to the bit, it has to equal them to the bit. Else the tolerance
depends on precision, network and optimiser; it is measured by a third training on images that
are off by a rounding error, as PyTorch's own benchmarks compare with a reference's error
(``torch._dynamo.utils.same``).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from workbench.models.common.outputs import tensors_in
from workbench.tasks import Losses
from workbench.training.checkpoints.files import optimizer_state
from workbench.training.compiled.undo import left_as_it_was

if TYPE_CHECKING:
    from workbench.training.loop.trainer import Trainer

STEPS = 2  # the second one starts from what the first one changed
TOLERANCE = {"float32": 1e-4, "float16": 1e-2, "bfloat16": 3e-2}  # relative, by arithmetic
# What a layer's output is off, relative: float32 sums of thousands of products lose some bits.
ROUNDING = {"float32": 1e-6, "float16": 1e-3, "bfloat16": 8e-3}
FACTOR = 8.0  # how much more than such an error in the images, one in every layer may come to


OneStep = Callable[[], tuple[Losses, float]]


@dataclass(frozen=True)
class Observed:
    """What ``STEPS`` training steps computed and changed."""

    losses: list[dict[str, float]]  # of each step, by name
    changes: dict[str, Tensor]  # added to "weight NAME" and "buffer NAME", on the CPU
    state: dict[str, Tensor] = field(default_factory=dict)  # optimiser and meter, on the CPU
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


def find_difference_of_step(trainer: "Trainer", step: OneStep) -> str:
    """As above, of ``step`` in place of the trainer's own ``train_step``.

    Compared to the bit, optimiser and meter included, where ``train.deterministic`` is on and
    the trainer's own steps repeat themselves; else within a compiler's tolerance. One of the
    steps measures the gradient's norm if the run does at times.
    """
    precision, every = trainer.compute.precision, trainer.norm_every
    trainer.norm_every = min(every, STEPS)
    try:
        expected = observe(trainer, trainer.model)
        found = observe(trainer, trainer.model, step)
        if trainer.config.train.deterministic:
            wrong = compare_exactly(expected, found)
            # A device may have no algorithm that repeats itself: then there are no bits to keep.
            if not wrong or not compare_exactly(expected, observe(trainer, trainer.model)):
                return wrong
        nudged = observe(trainer, Nudged(trainer.model, ROUNDING[precision]))
        return compare(expected, found, nudged, TOLERANCE[precision])
    finally:
        trainer.norm_every = every


def observe(trainer: "Trainer", network: nn.Module, one_step: OneStep | None = None) -> Observed:
    """Train ``STEPS`` steps with ``network``, or by ``one_step``, and undo them."""
    given: list[tuple[Tensor, Tensor]] = []  # what it was given, and a copy made before
    kept: list[tuple[Tensor, Tensor]] = []  # what a step gave, and a copy made at once
    before, losses = _state(trainer.model), []
    pre_hook = network.register_forward_pre_hook(lambda _, inputs: given.extend(_pairs(inputs)))
    hook = network.register_forward_hook(lambda _, __, outputs: kept.extend(_pairs(outputs)))
    try:
        with left_as_it_was(trainer):
            trainer.forward = network
            for _ in range(STEPS):
                step_losses, _ = (one_step or trainer.train_step)()
                kept.extend(_pairs(step_losses))
                losses.append({name: float(value) for name, value in step_losses.items()})
            after, state = _state(trainer.model), _rest(trainer)
            overwritten, touched = _changed(kept), _changed(given)
    finally:
        hook.remove()
        pre_hook.remove()
    changes = {name: after[name].double() - before[name].double() for name in after}
    return Observed(losses, changes, state, overwritten, touched)


def _state(model: nn.Module) -> dict[str, Tensor]:
    """Copies of all weights and buffers, on the CPU. Synchronises."""
    named: dict[str, Tensor] = {
        f"weight {name}": weight for name, weight in model.named_parameters()
    }
    named |= {f"buffer {name}": buffer for name, buffer in model.named_buffers()}
    return {name: tensor.detach().cpu().clone() for name, tensor in named.items()}


def _rest(trainer: "Trainer") -> dict[str, Tensor]:
    """What the optimiser keeps and the meter has summed, on the CPU. Synchronises."""
    kept = optimizer_state(trainer.optimizer, trainer.model)
    kept |= {f"metric {name}": value for name, value in trainer.meter.state().items()}
    return {name: tensor.detach().cpu().clone() for name, tensor in kept.items()}


def compare_exactly(expected: Observed, found: Observed) -> str:
    """What ``found`` has otherwise than ``expected`` in a single bit, in words; "" if nothing."""
    wrong = compare(expected, found, expected, 0.0)
    if wrong or expected.state.keys() != found.state.keys():
        return wrong or "the optimiser or the meter keeps something else"
    for name, value in expected.state.items():
        if not torch.equal(value, found.state[name]):
            return f"{name} is another after {STEPS} steps"
    return ""


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
