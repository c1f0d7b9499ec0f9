"""``train.compile = "auto"``: what pays is found by timing a few steps both ways.

On a GPU a captured step costs a second, whatever the run: it is timed and kept where it is not
slower. On a CPU a compiler works for a minute before the first step and gains some hundredths,
so that it is asked only where a run is long, and kept only where it wins its minute back.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from workbench.training.compiled.undo import left_as_it_was

if TYPE_CHECKING:
    from workbench.training.loop.trainer import Trainer

LONG = 30 * 60.0  # seconds of training from which asking a CPU's compiler is considered
SLOW = 5e10  # multiply-accumulates a second: a CPU that a run of few of them is short on
BACKWARD = 3  # forward and backward, as multiples of forward
STEPS = 5  # timed each way
MOST = 1.0  # seconds that each way may be timed for, after the first two steps
GAIN = 0.03  # of a step's time: less is noise

OneStep = Callable[[], Any]


@dataclass(frozen=True)
class Timed:
    """Seconds of a step: as it is, and compiled or captured."""

    off: float
    used: float

    @property
    def pays(self) -> bool:
        """Whether it is the faster way, by more than noise."""
        return self.used < (1 - GAIN) * self.off


def seconds_a_step(trainer: "Trainer", step: OneStep) -> float:
    """The median over a few steps, which are undone; the first one warms up. Synchronises."""
    found: list[float] = []
    with left_as_it_was(trainer):
        while len(found) <= STEPS and (len(found) < 2 or sum(found[1:]) < MOST):
            _wait(trainer)
            began = time.perf_counter()
            step()
            _wait(trainer)
            found.append(time.perf_counter() - began)
    return statistics.median(found[1:])


def is_surely_short(trainer: "Trainer", macs: int) -> bool:
    """Whether the rest of a run is short on a slow CPU too, by its arithmetic alone.

    ``macs`` are those of an image's forward pass.
    """
    images = (trainer.steps - trainer.step) * trainer.batches.batch_size
    return BACKWARD * macs * images / SLOW < LONG


def is_long(trainer: "Trainer", seconds: float) -> bool:
    """Whether the rest of a run is long, at so many seconds a step."""
    return (trainer.steps - trainer.step) * seconds >= LONG


def _wait(trainer: "Trainer") -> None:
    if trainer.compute.device.type == "cuda":
        torch.cuda.synchronize(trainer.compute.device)
