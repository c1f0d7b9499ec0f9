"""The whole training step as one CUDA graph: recorded once, then replayed with one launch.

At usual batch sizes a small network's kernels take a quarter of the time that the host needs to
ask for them. So the step in static form (``static_step.py``) is recorded after a few steps that
warm up, and every step is then: fill the buffers, replay, copy what it left. Its random numbers
are those of the ordinary step: torch writes seed and offset of every generator that a graph knows
to the device before each replay, and both are set by :meth:`StaticStep.fill` before.

torch, "CUDA semantics", section CUDA Graphs (docs.pytorch.org/docs/stable/notes/cuda.html).
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import torch

from workbench.tasks import Losses, StaticMeter
from workbench.training.compiled import compile_check
from workbench.training.compiled.host_state import first_change, host_state
from workbench.training.compiled.static_step import StaticStep
from workbench.training.compiled.undo import left_as_it_was
from workbench.training.optimizers.build import CAPTURABLE

if TYPE_CHECKING:
    from workbench.training.loop.trainer import Trainer

WARM_UP = 3  # steps: cuDNN chooses, allocators grow, an optimiser makes its state
Replay = Callable[[], None]


class Recorder(Protocol):
    """Records what steps do, to be replayed."""

    def warm_up(self, run: Callable[[], None]) -> None:
        """Run it, where it will be recorded."""

    def record(self, run: Callable[[], None]) -> Replay:
        """Record it without running it; what is given runs it."""

    def give_up(self) -> None:
        """Leave nothing behind of a recording that failed."""


class CudaRecorder:
    """Records CUDA graphs that share their memory: they are replayed one after the other."""

    def __init__(self, trainer: "Trainer") -> None:
        self.device = trainer.compute.device
        self.generator = trainer.batches.generator
        self.pool = torch.cuda.graph_pool_handle()
        self.stream = torch.cuda.Stream(self.device)  # type: ignore[no-untyped-call]

    def warm_up(self, run: Callable[[], None]) -> None:
        """On a stream of its own, as torch asks of what is then captured."""
        here = torch.cuda.current_stream(self.device)
        self.stream.wait_stream(here)
        with torch.cuda.stream(self.stream):
            run()
        here.wait_stream(self.stream)

    def record(self, run: Callable[[], None]) -> Replay:
        """As a graph; it knows the device's own generator without being told."""
        graph = torch.cuda.CUDAGraph()
        graph.register_generator_state(self.generator)
        with torch.cuda.graph(graph, pool=self.pool, stream=self.stream):
            run()
        return graph.replay

    def give_up(self) -> None:
        """Give the generators other states: torch holds a failed capture's to be capturing still.

        What they draw is seeded at each step.
        """
        for generator in (self.generator, torch.cuda.default_generators[self.device.index or 0]):
            generator.graphsafe_set_state(torch.Generator(self.device).graphsafe_get_state())


class CannotBeCaptured(Exception):
    """A step does what a recording would leave out; says what."""


class CapturedStep:
    """Makes a trainer's steps by replaying recorded ones."""

    def __init__(self, trainer: "Trainer", recorder: Recorder) -> None:
        """Record the step, with and without the gradient's norm; the trainer is as before.

        But for its optimiser: its rates lie in a tensor, and its state is there, since the
        graph points at both.
        """
        self.trainer = trainer
        self.static = StaticStep(trainer)
        with left_as_it_was(trainer, keep_state=True):
            for norm in [False] * WARM_UP + [True] * (trainer.norm_every > 0):
                self.static.fill(trainer.step)
                before = host_state(trainer.model, on_gpu=self.static.gpu)
                recorder.warm_up(lambda norm=norm: self.static.run(norm))  # type: ignore[misc]
                after = host_state(trainer.model, on_gpu=self.static.gpu)
            if changed := first_change(before, after):  # in the last one: attributes may be made
                raise CannotBeCaptured(f"each step changes {changed} on the host")
            self._replays = {
                norm: recorder.record(lambda norm=norm: self.static.run(norm))  # type: ignore[misc]
                for norm in (False, True)[: 1 + (trainer.norm_every > 0)]
            }

    def __call__(self) -> tuple[Losses, float]:
        """One step, as :meth:`Trainer.train_step`."""
        trainer = self.trainer
        norm = trainer.wants_norm(trainer.step)
        lr = self.static.fill(trainer.step)
        self._replays[norm]()
        losses = self.static.read(norm)
        trainer.step += 1
        return losses, lr


def why_not(trainer: "Trainer") -> str:
    """Why a trainer's step cannot be captured; "" if nothing is known to forbid it."""
    config, batches = trainer.config, trainer.batches
    images = batches.split.images
    reasons = {
        "CUDA graphs need a GPU": not has_graphs(trainer.compute.device),
        "the images do not fit onto the device": images.device != trainer.compute.device,
        "a batch in parts is several steps": trainer.micro_batch < batches.batch_size,
        "train.nonfinite = skip looks at every loss": config.train.nonfinite == "skip",
        "float16 scales its gradients on the host": trainer.scaler.is_enabled(),
        "torchvision's detectors have sizes that vary": config.model.kind == "torchvision_detector",
        f"{config.optimizer.kind} counts its steps on the host": config.optimizer.kind
        not in CAPTURABLE,
        "train.unfreeze_epoch changes the step": config.train.unfreeze_epoch > 0,
        "this task's metrics have no static form": not _is_static(trainer.meter),
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _is_static(meter: object) -> bool:
    """Whether ``measure`` and ``take`` say all that ``update`` does."""
    if not isinstance(meter, StaticMeter):
        return False
    # A subclass that adds to ``update`` alone would be captured without what it adds.
    lineage = type(meter).__mro__
    of = {
        name: next(i for i, each in enumerate(lineage) if name in vars(each))
        for name in ("update", "measure")
    }
    return of["measure"] <= of["update"]


def has_graphs(device: torch.device) -> bool:
    """Whether a device can record and replay."""
    return device.type == "cuda" and torch.cuda.is_available()


def capture(trainer: "Trainer") -> str:
    """Have the trainer's steps captured and proven; why it trains uncaptured else, "" if not.

    The trainer stands where it stood; where it trains uncaptured nothing has changed.
    """
    if reason := why_not(trainer):
        return reason
    rates = [group["lr"] for group in trainer.optimizer.param_groups]
    fresh = not trainer.optimizer.state
    recorder = CudaRecorder(trainer)
    try:
        step = CapturedStep(trainer, recorder)
        wrong = compile_check.find_difference_of_step(trainer, step)
    except CannotBeCaptured as error:
        wrong = str(error)
    except Exception as error:  # noqa: BLE001 (what a capture raises has no common class)
        recorder.give_up()
        wrong = f"the step cannot be captured ({first_line(error)})"
    if not wrong:
        trainer.captured = step
        return ""
    for group, rate in zip(trainer.optimizer.param_groups, rates, strict=True):
        group["lr"] = rate
    if fresh:
        trainer.optimizer.state.clear()
    return wrong


def first_line(error: Exception) -> str:
    """An error as a part of a line."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:200]}" if lines else type(error).__name__
