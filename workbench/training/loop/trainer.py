"""The training loop: epochs of steps, with an evaluation of the validation split after each.

A run can be stopped, checkpointed and resumed between any two steps, bit for bit: a step
depends on the weights, the optimiser's state and the step's number, and on nothing else.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from workbench.config import RunConfig
from workbench.config.learning_rate import Plateau, lr_at
from workbench.config.sections.schedule import PlateauSchedule
from workbench.data import Split
from workbench.models.pretrained.freezing import Freezing
from workbench.tasks import Losses, Targets, Task, TrainMeter
from workbench.training.compiled.automatic import Timed
from workbench.training.distributed.meters import PartMeters
from workbench.training.distributed.parts import Parts
from workbench.training.distributed.world import ALONE, World
from workbench.training.loop.batches import Batches
from workbench.training.loop.devices import Compute
from workbench.training.loop.ema import Ema
from workbench.training.loop.evaluation import Evaluator
from workbench.training.loop.nonfinite import nonfinite_error
from workbench.training.loop.seeds import AHEAD, derive, seed_network
from workbench.training.loop.test_time_augmentation import eval_model
from workbench.training.optimizers.build import build_optimizer, set_rate

MeterInput = tuple[Any, Targets, Losses]  # outputs, targets, losses


class TrainerCallbacks(Protocol):
    """What the loop calls between steps; :class:`workbench.training.worker.callbacks.Callbacks`
    is the one of a worker.
    """

    def step_done(self, trainer: "Trainer", losses: Losses, lr: float) -> None:
        """Called after every step; may raise :class:`StopTraining`."""

    def epoch_done(self, trainer: "Trainer", row: dict[str, Any], best: bool) -> None:
        """Called after every epoch's evaluation with its metrics; ``best``: the best one so far."""

    def between(self) -> None:
        """Called after every batch of an evaluation; may raise :class:`StopTraining`."""


class StopTraining(Exception):
    """Raised by a callback, between two steps, to end the training early."""

    def __init__(self, status: str = "stopped") -> None:
        super().__init__(status)
        self.status = status  # stopped; or paused, where the processes end meanwhile


@dataclass
class Clock:
    """Seconds spent training, without pauses, over all the workers of a run."""

    before: float = 0.0
    now: Callable[[], float] = time.perf_counter  # seconds, from an arbitrary moment on
    _since: float = field(init=False)

    def __post_init__(self) -> None:
        """Start the clock."""
        self.begin()

    @property
    def seconds(self) -> float:
        """Seconds trained so far."""
        return self.before + self.now() - self._since

    def begin(self) -> None:
        """Count from now on; drops the time since the clock was made."""
        self._since = self.now()

    def forget(self, seconds: float) -> None:
        """Subtract the length of a pause."""
        self.before -= seconds


@dataclass(frozen=True)
class Setup:
    """What trains: the configuration, the network on its device, its task, device and precision."""

    config: RunConfig
    model: nn.Module
    task: Task
    compute: Compute
    world: World = ALONE

    @cached_property
    def parts(self) -> Parts | None:
        """The parts of each batch; None where a batch is learned whole."""
        asked = self.config.train.parts
        count = asked or self.world.size
        return Parts(self.model, self.world, count, in_pairs=asked > 0) if count > 1 else None


class Trainer:
    """Trains a network: holds it with its optimiser, its meters and the step they are at."""

    def __init__(
        self,
        setup: Setup,
        batches: Batches,
        validation: Split,
        evaluator: Evaluator,
        callbacks: TrainerCallbacks,
    ) -> None:
        self.config, self.model = setup.config, setup.model
        self.task, self.compute = setup.task, setup.compute
        self.world, self.parts = setup.world, setup.parts
        self.batches, self.validation = batches, validation
        self.evaluator, self.callbacks = evaluator, callbacks
        config, model, compute = self.config, self.model, self.compute
        self.forward = model  # what trains: the network, or its compiled form
        self.compiled = "off"  # or default, graphs
        self.captured: Callable[[], tuple[Losses, float]] | None = None  # in ``train_step``'s place
        self.timed: Timed | None = None  # where ``auto`` had to choose
        self.freezing = Freezing(model, getattr(config.model, "freeze", ()))
        if not config.train.unfreeze_epoch:
            self.freezing.freeze()
        self.optimizer = build_optimizer(config.optimizer, model)
        self.freezing.freeze()
        self.ema = Ema(model, config.train.ema) if config.train.ema else None
        self.eval_model = eval_model(self.ema.model if self.ema else model, config.augment)
        self.scaler = torch.amp.GradScaler(
            compute.device.type, enabled=compute.precision == "float16"
        )
        self.steps_per_epoch = batches.steps_per_epoch
        self.steps = config.train.steps or config.train.epochs * self.steps_per_epoch
        self.epochs = -(-self.steps // self.steps_per_epoch)
        count = self.parts.count if self.parts else 1
        # images at once; fewer where memory is short
        self.micro_batch = -(-batches.batch_size // (count * config.train.accumulate))
        self.step = 0
        self.epochs_done = 0
        self.best_accuracy: float | None = None
        self.best_epoch = 0
        self.last_row: dict[str, Any] = {}
        self.worst: list[int] = []  # rows of the split that was evaluated last
        self.plateau = Plateau()
        self.ended_early = ""  # why, where it ended before its last epoch
        self._planned: list[tuple[float, int]] = []
        self._planned_from = -1
        # What every step asks for: between two steps Python finds cold caches, and each look
        # into the configuration then costs microseconds.
        self._gpu = compute.device.type == "cuda"
        self._skips_nonfinite = config.train.nonfinite == "skip"
        self._clip, self.norm_every = config.optimizer.clip_norm, config.train.grad_norm_every
        self.meter = self.fresh_meter()
        self.clock = Clock()
        self.epoch_began = 0.0  # on the clock

    def fresh_meter(self) -> TrainMeter:
        """A meter of training steps, empty."""
        if not self.parts:
            return self.task.train_meter()
        updates = self.config.train.accumulate
        return PartMeters(self.task.train_meter, self.world, self.parts.own, updates)

    def load_meter(self, state: dict[str, Tensor], parts: int) -> None:
        """Go on from the sums of a checkpoint with so many parts.

        With another number of them an epoch's training metrics begin at the checkpoint.
        """
        if parts == (self.parts.count if self.parts else 1):
            self.meter.load(state)

    @property
    def epoch(self) -> int:
        """The epoch of the last step, counted from 1."""
        return max(0, self.step - 1) // self.steps_per_epoch + 1

    def train(self) -> None:
        """Train from the current step to the last one."""
        self.clock.begin()
        self.model.train()
        if self._evaluation_is_due():  # stopped after an epoch's last step
            self._end_epoch()
        self._end_early()
        while self.step < self.steps:
            self._follow_freezing()
            losses, lr = (self.captured or self.train_step)()
            if self.ema:
                self.ema.update(self.step)
            self.callbacks.step_done(self, losses, lr)
            if self._evaluation_is_due():
                self._end_epoch()
                self._end_early()

    def _follow_freezing(self) -> None:
        """Let the frozen part train from the first step of ``train.unfreeze_epoch`` on."""
        epoch = self.config.train.unfreeze_epoch
        if epoch and self.freezing.holds and self.step >= (epoch - 1) * self.steps_per_epoch:
            self.freezing.lift()

    def _end_early(self) -> None:
        """End after ``train.patience`` epochs without a better validation result."""
        waited, patience = self.epochs_done - self.best_epoch, self.config.train.patience
        if patience and self.best_epoch and waited >= patience:
            self.ended_early = (
                f"ended after epoch {self.epochs_done}: no better validation result for {waited} "
                f"epochs (best: epoch {self.best_epoch})"
            )
            self.steps = self.step

    def train_step(self) -> tuple[Losses, float]:
        """Make one optimiser step; returns its losses (detached) and learning rate."""
        lr, seed = self.plan(self.step)
        for group in self.optimizer.param_groups:
            set_rate(group, lr * group["lr_factor"])
        seed_network(seed, gpu=self._gpu)
        images, targets = self.batches.batch(self.step)
        losses, meter_inputs = self.learn(images, targets, norm=self.wants_norm(self.step))
        for outputs, part_targets, part_losses in meter_inputs:
            self.meter.update(outputs, part_targets, part_losses)
        self.step += 1
        return losses, lr

    def learn(
        self, images: Tensor, targets: Targets, *, norm: bool
    ) -> tuple[Losses, list[MeterInput]]:
        """Everything a batch does to the network; with ``norm`` its gradient is measured too.

        A captured step records this once: what happens here is decided by the configuration,
        never by a tensor's value or by the step's number.
        """
        self.optimizer.zero_grad(set_to_none=True)
        if self.parts:
            seed = self.plan(self.step)[1]
            losses, meter_inputs = self.parts.learn(images, targets, seed, self._learn_in_turn)
        else:
            losses, meter_inputs = self._learn_in_turn(images, targets, 1.0)
        # Synchronises, where the user chose to look at every loss before it is used.
        if self._skips_nonfinite and not self.world.all_true(
            bool(torch.isfinite(losses["loss"]).all().item())
        ):
            return losses, []
        losses = self._clip_gradients(losses, norm=norm)
        # Synchronises in float16 with an optimiser that is not fused: it then reads whether
        # a gradient overflowed. A fused one looks on the device.
        self.scaler.step(self.optimizer)
        self.scaler.update()
        return losses, meter_inputs

    def wants_norm(self, step: int) -> bool:
        """Whether the gradient's norm is measured at a step, counted from 0."""
        return self.norm_every > 0 and (step + 1) % self.norm_every == 0

    def plan(self, step: int) -> tuple[float, int]:
        """The learning rate of a step, counted from 0, and the seed of what its layers draw."""
        first = step - step % AHEAD
        if self._planned_from != first:
            config, length = self.config, self.steps_per_epoch
            self._planned = [
                (lr_at(config, s, self.steps, length), derive(config.train.seed, "network", s))
                for s in range(first, first + AHEAD)
            ]
            self._planned_from = first
        lr, seed = self._planned[step - first]
        return lr * self.plateau.factor, seed

    def _learn_in_turn(
        self, images: Tensor, targets: Targets, whole: float
    ) -> tuple[Losses, list[MeterInput]]:
        """Add up the gradients of ``whole`` (a share) of a batch, ``micro_batch`` images at once.

        The losses are means over these images.
        """
        if self.micro_batch >= len(images):
            losses, outputs = self._forward_backward(images, targets, whole)
            return losses, [(outputs, targets, losses)]
        total: Losses = {}
        meter_inputs: list[MeterInput] = []
        for start in range(0, len(images), self.micro_batch):
            part = images[start : start + self.micro_batch]
            part_targets = {k: t[start : start + self.micro_batch] for k, t in targets.items()}
            share = len(part) / len(images)
            losses, outputs = self._forward_backward(part, part_targets, share * whole)
            meter_inputs.append((outputs, part_targets, losses))
            total = {k: v * share + total.get(k, 0.0) for k, v in losses.items()}
        return total, meter_inputs

    def _forward_backward(
        self, images: Tensor, targets: Targets, share: float
    ) -> tuple[Losses, Any]:
        with self.compute.autocast():
            losses, outputs = self.task.train_step(self.forward, images, targets)
        loss = losses["loss"] if share == 1.0 else losses["loss"] * share
        self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        return {name: value.detach() for name, value in losses.items()}, outputs

    def try_part(self, part: int) -> None:
        """Forward and backward over the first ``part`` images of a batch, to see if they fit.

        Gradients and buffers are restored afterwards, whether it raises or not.
        """
        buffers = {name: buffer.clone() for name, buffer in self.model.named_buffers()}
        self.model.train()
        try:
            images, targets = self.batches.batch(self.step)
            head = {name: target[:part] for name, target in targets.items()}
            self._forward_backward(images[:part], head, 1.0)
        finally:
            self.optimizer.zero_grad(set_to_none=True)
            with torch.no_grad():  # batch norms have counted the trial
                for name, buffer in self.model.named_buffers():
                    buffer.copy_(buffers[name])

    def _clip_gradients(self, losses: Losses, *, norm: bool) -> Losses:
        """Clip the gradient if ``optimizer.clip_norm`` is set.

        Returns the losses, with ``norm`` also ``grad_norm``: the global norm before clipping.
        """
        if not self._clip and not norm:
            return losses
        self.scaler.unscale_(self.optimizer)
        gradients = [p.grad for p in self.model.parameters() if p.grad is not None]
        total = nn.utils.get_total_norm(gradients)
        if self._clip:
            nn.utils.clip_grads_with_norm_(self.model.parameters(), self._clip, total)
        return losses | {"grad_norm": total} if norm else losses

    def _evaluation_is_due(self) -> bool:
        at_end = self.step % self.steps_per_epoch == 0 or self.step == self.steps
        return self.step > 0 and at_end and self.epochs_done < self.epoch

    def _end_epoch(self) -> None:
        train = self.meter.result()
        seconds = self.clock.seconds - self.epoch_began
        metrics = self.evaluate(self.validation)
        images = (self.step - (self.epoch - 1) * self.steps_per_epoch) * self.batches.batch_size
        row = {
            "epoch": self.epoch,
            "step": self.step,
            "lr": self.plan(self.step - 1)[0],
            **{f"train_{name}": value for name, value in train.items()},
            **{metric_name("val", name): value for name, value in metrics.items()},
            "seconds": round(seconds, 4),
            "images_per_second": round(images / seconds, 1) if seconds > 0 else None,
        }
        best = self.best_accuracy is None or row["val_accuracy"] > self.best_accuracy
        if best:
            self.best_accuracy, self.best_epoch = row["val_accuracy"], self.epoch
        if isinstance(self.config.schedule, PlateauSchedule):
            self.plateau.tell(self.config.schedule, row["val_loss"])
        self.last_row, self.epochs_done = row, self.epoch
        self.meter = self.fresh_meter()
        self.epoch_began = self.clock.seconds
        self.callbacks.epoch_done(self, row, best)

    def evaluate(self, split: Split) -> dict[str, Any]:
        """The task's metrics of the current weights on a split; sets ``worst``."""
        meter = self.evaluator.measure(self.eval_model, split, self.callbacks.between)
        self.worst = meter.worst()
        return meter.result()

    def explain_nonfinite(self, step: int) -> Exception:
        """An error that says where the loss of ``step`` (counted from 1) became NaN or infinite."""
        images, targets = self.batches.batch(step - 1)
        with self.compute.autocast():
            return nonfinite_error(self.model, images, targets, step, self.steps_per_epoch)


WHOLE = frozenset(("per_class", "confusion", "correct", "total", "top3_correct"))


def metric_name(split: str, name: str) -> str:
    """A metric's name in an event: ``val_loss``; counts and tables keep their bare name."""
    return name if name in WHOLE else f"{split}_{name}"
