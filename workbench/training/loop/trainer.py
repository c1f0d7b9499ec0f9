"""The training loop: epochs of steps, an evaluation after each, and a look around now and then.

Every moment between two steps is a point from which a run can be stopped,
checkpointed and resumed to the bit: a step depends on the weights, the
optimiser's state and the step's number, and on nothing else.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from workbench.config import RunConfig
from workbench.config.learning_rate import Plateau, lr_at
from workbench.config.sections.schedule import PlateauSchedule
from workbench.data import Split
from workbench.tasks import Losses, Targets, Task
from workbench.training.loop.automatic import Timed
from workbench.training.loop.batches import Batches
from workbench.training.loop.devices import Compute
from workbench.training.loop.evaluation import Evaluator
from workbench.training.loop.nonfinite import nonfinite_error
from workbench.training.loop.optimizers import build_optimizer, set_rate
from workbench.training.loop.seeds import AHEAD, derive, seed_network
from workbench.training.loop.test_time_augmentation import eval_model

Seen = tuple[Any, Targets, Losses]  # what a meter takes in: outputs, targets, losses


class Watcher(Protocol):
    """What the loop calls; ``workbench.training.worker.callbacks`` has the worker's."""

    def step_done(self, trainer: "Trainer", losses: Losses, lr: float) -> None:
        """After every step; may raise :class:`StopTraining`."""

    def epoch_done(self, trainer: "Trainer", row: dict[str, Any], best: bool) -> None:
        """After every epoch's evaluation."""

    def between(self) -> None:
        """Between two batches of an evaluation; may raise :class:`StopTraining`."""


class StopTraining(Exception):
    """Raised by a watcher, between two steps, to end the training early."""


@dataclass
class Clock:
    """Seconds spent training, with pauses left out; goes on after a resume."""

    before: float = 0.0
    now: Callable[[], float] = time.perf_counter  # seconds, from an arbitrary moment on
    _since: float = field(init=False)

    def __post_init__(self) -> None:
        """Begin."""
        self.begin()

    @property
    def seconds(self) -> float:
        """Seconds so far."""
        return self.before + self.now() - self._since

    def begin(self) -> None:
        """Count from now on: what has passed since it was made was no training."""
        self._since = self.now()

    def forget(self, seconds: float) -> None:
        """Leave out a pause."""
        self.before -= seconds


@dataclass(frozen=True)
class Setup:
    """What trains: the configuration, the network on its device, its task, device and precision."""

    config: RunConfig
    model: nn.Module
    task: Task
    compute: Compute


class Trainer:
    """A network, its optimiser, and how far they have come."""

    def __init__(
        self,
        setup: Setup,
        batches: Batches,
        validation: Split,
        evaluator: Evaluator,
        watcher: Watcher,
    ) -> None:
        self.config, self.model = setup.config, setup.model
        self.task, self.compute = setup.task, setup.compute
        self.batches, self.validation = batches, validation
        self.evaluator, self.watcher = evaluator, watcher
        config, model, task, compute = self.config, self.model, self.task, self.compute
        self.forward = model  # what trains: the network, or its compiled form
        self.compiled = "off"  # or default, graphs
        self.captured: Callable[[], tuple[Losses, float]] | None = None  # in ``train_step``'s place
        self.timed: Timed | None = None  # where ``auto`` had to choose
        self.eval_model = eval_model(model, config.augment)
        self.optimizer = build_optimizer(config.optimizer, model)
        self.scaler = torch.amp.GradScaler(
            compute.device.type, enabled=compute.precision == "float16"
        )
        self.steps_per_epoch = batches.steps_per_epoch
        self.steps = config.train.steps or config.train.epochs * self.steps_per_epoch
        self.epochs = -(-self.steps // self.steps_per_epoch)
        self.micro_batch = batches.batch_size  # images at once; fewer where memory is short
        self.step = 0
        self.epochs_done = 0
        self.best_accuracy: float | None = None
        self.best_epoch = 0
        self.last_row: dict[str, Any] = {}
        self.worst: list[int] = []  # rows of the split that was evaluated last
        self.plateau = Plateau()
        self._planned: list[tuple[float, int]] = []
        self._planned_from = -1
        # What every step asks for: between two steps Python finds cold caches, and each look
        # into the configuration then costs microseconds.
        self._gpu = compute.device.type == "cuda"
        self._skips_nonfinite = config.train.nonfinite == "skip"
        self._clip, self.norm_every = config.optimizer.clip_norm, config.train.grad_norm_every
        self.meter = task.train_meter()
        self.clock = Clock()
        self.epoch_began = 0.0  # on the clock

    @property
    def epoch(self) -> int:
        """The epoch of the step that was made last, counted from 1."""
        return max(0, self.step - 1) // self.steps_per_epoch + 1

    def train(self) -> None:
        """Train to the end, from wherever it stands."""
        self.clock.begin()
        self.model.train()
        if self._owes_evaluation():  # it was stopped between an epoch's last step and its test
            self._end_epoch()
        while self.step < self.steps:
            losses, lr = (self.captured or self.train_step)()
            self.watcher.step_done(self, losses, lr)
            if self._owes_evaluation():
                self._end_epoch()

    def train_step(self) -> tuple[Losses, float]:
        """One step: a batch, its gradients, the optimiser; the losses and the learning rate."""
        lr, seed = self.plan(self.step)
        for group in self.optimizer.param_groups:
            set_rate(group, lr * group["lr_factor"])
        seed_network(seed, gpu=self._gpu)
        images, targets = self.batches.batch(self.step)
        losses, seen = self.learn(images, targets, norm=self.wants_norm(self.step))
        for outputs, part_targets, part_losses in seen:
            self.meter.update(outputs, part_targets, part_losses)
        self.step += 1
        return losses, lr

    def learn(self, images: Tensor, targets: Targets, *, norm: bool) -> tuple[Losses, list[Seen]]:
        """All that a batch does to the network; the losses, with ``norm`` the gradient's too.

        A captured step is this, recorded once: whatever comes in here is decided by the
        configuration, never by a tensor's value or by which step it is.
        """
        self.optimizer.zero_grad(set_to_none=True)
        losses, seen = self._gradients(images, targets)
        # Synchronises, where the user chose to look at every loss before it is used.
        if self._skips_nonfinite and not torch.isfinite(losses["loss"]).item():
            return losses, []
        losses = self._limit_gradients(losses, norm=norm)
        # Synchronises in float16 with an optimiser that is not fused: it then reads whether
        # a gradient overflowed. A fused one looks on the device.
        self.scaler.step(self.optimizer)
        self.scaler.update()
        return losses, seen

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

    def _gradients(self, images: Tensor, targets: Targets) -> tuple[Losses, list[Seen]]:
        """Gradients of a batch, summed over parts where it does not fit into memory whole."""
        if self.micro_batch >= len(images):
            losses, outputs = self._forward_backward(images, targets, 1.0)
            return losses, [(outputs, targets, losses)]
        total: Losses = {}
        seen: list[Seen] = []
        for start in range(0, len(images), self.micro_batch):
            part = images[start : start + self.micro_batch]
            part_targets = {k: t[start : start + self.micro_batch] for k, t in targets.items()}
            share = len(part) / len(images)
            losses, outputs = self._forward_backward(part, part_targets, share)
            seen.append((outputs, part_targets, losses))
            total = {k: v * share + total.get(k, 0.0) for k, v in losses.items()}
        return total, seen

    def _forward_backward(
        self, images: Tensor, targets: Targets, share: float
    ) -> tuple[Losses, Any]:
        with self.compute.autocast():
            losses, outputs = self.task.train_step(self.forward, images, targets)
        loss = losses["loss"] if share == 1.0 else losses["loss"] * share
        self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        return {name: value.detach() for name, value in losses.items()}, outputs

    def try_part(self, part: int) -> None:
        """Forward and backward over the first ``part`` images of a batch, to see if it works.

        Whether it does or not, nothing has changed afterwards.
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

    def _limit_gradients(self, losses: Losses, *, norm: bool) -> Losses:
        """Clip the gradient where that is asked for; the losses, with its norm where that is.

        It is the global norm before clipping.
        """
        if not self._clip and not norm:
            return losses
        self.scaler.unscale_(self.optimizer)
        gradients = [p.grad for p in self.model.parameters() if p.grad is not None]
        total = nn.utils.get_total_norm(gradients)
        if self._clip:
            nn.utils.clip_grads_with_norm_(self.model.parameters(), self._clip, total)
        return losses | {"grad_norm": total} if norm else losses

    def _owes_evaluation(self) -> bool:
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
        self.meter = self.task.train_meter()
        self.epoch_began = self.clock.seconds
        self.watcher.epoch_done(self, row, best)

    def evaluate(self, split: Split) -> dict[str, Any]:
        """The task's metrics of the network as it is, on a split; notes the worst images."""
        meter = self.evaluator.measure(self.eval_model, split, self.watcher.between)
        self.worst = meter.worst()
        return meter.result()

    def explain_nonfinite(self, step: int) -> Exception:
        """Why the loss of a step (counted from 1) is not finite, as an error to raise."""
        images, targets = self.batches.batch(step - 1)
        with self.compute.autocast():
            return nonfinite_error(self.model, images, targets, step, self.steps_per_epoch)


WHOLE = frozenset(("per_class", "confusion", "correct", "total", "top3_correct"))


def metric_name(split: str, name: str) -> str:
    """A metric's name in an event: with its split, but for counts and tables."""
    return name if name in WHOLE else f"{split}_{name}"
