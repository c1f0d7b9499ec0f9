"""Computes learning rates: pure functions of the position in a run, free of torch.

Pure, so that the form draws the curve before training and a resumed run goes on exactly. Only
reduce-on-plateau depends on the training: its state (:class:`Plateau`) gives a factor.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workbench.config import RunConfig
from workbench.config.sections.schedule import PlateauSchedule

NOMINAL_STEPS_PER_EPOCH = 1000  # where the data's size is not known before it is read
KNOWN_TRAINING_IMAGES = {"digits": 1437, "cifar10": 50_000, "cifar100": 50_000}


@dataclass(frozen=True)
class Position:
    """A moment of a run in the schedule's unit (steps or epochs), after the warm-up.

    ``now`` counts units (steps or epochs) since the warm-up ended, ``length``
    is how many there are, and ``epoch`` is how many units make an epoch.
    """

    now: float
    length: float
    epoch: float

    @property
    def share(self) -> float:
        """0 at the first unit, below 1 at the last (1 would be the unit after it)."""
        return self.now / self.length if self.length > 0 else 0.0

    @property
    def inclusive_share(self) -> float:
        """0 at the first unit and exactly 1 at the last."""
        return min(1.0, self.now / (self.length - 1)) if self.length > 1 else 0.0

    @property
    def epochs(self) -> float:
        """Epochs since the warm-up ended."""
        return self.now / self.epoch


def lr_at(config: RunConfig, step: int, steps: int, steps_per_epoch: int) -> float:
    """The learning rate of a step (counted from 0) of a run of ``steps`` steps."""
    schedule = config.schedule
    unit = steps_per_epoch if schedule.per == "epoch" else 1
    now, length = float(step // unit), math.ceil(steps / unit)
    epoch = steps_per_epoch / unit
    warmup = schedule.warmup * epoch
    if now < warmup:
        start = schedule.warmup_start
        return config.optimizer.lr * (start + (1 - start) * now / warmup)
    position = Position(now - warmup, length - warmup, epoch)
    return config.optimizer.lr * _FACTORS[schedule.kind](schedule, position)


def lr_list(config: RunConfig, steps_per_epoch: int | None = None) -> list[float]:
    """The learning rate at the start of each epoch, or of each step of a run by steps.

    Where the data decides how many steps an epoch has and it is not known yet,
    a nominal number stands in.
    """
    per_epoch = steps_per_epoch or nominal_steps_per_epoch(config)
    if config.train.by_steps:
        steps = config.train.steps
        return [lr_at(config, step, steps, per_epoch) for step in range(steps)]
    epochs = config.train.epochs
    return [
        lr_at(config, epoch * per_epoch, epochs * per_epoch, per_epoch) for epoch in range(epochs)
    ]


def nominal_steps_per_epoch(config: RunConfig) -> int:
    """Steps of an epoch as far as the configuration tells; exact for data sets of known size."""
    images = KNOWN_TRAINING_IMAGES.get(config.data.name)
    if images is None:
        return NOMINAL_STEPS_PER_EPOCH
    data = config.data
    training = images - round(images * data.validation)
    if data.folds:
        training = images - (images + data.folds - data.fold) // data.folds
    if config.data.limit:
        training = min(training, config.data.limit)
    return max(1, training // config.train.batch_size)


def _constant(_: Any, __: Position) -> float:
    return 1.0


def _step(schedule: Any, at: Position) -> float:
    return float(schedule.factor ** math.floor(at.epochs / schedule.every + 1e-9))


def _multistep(schedule: Any, at: Position) -> float:
    passed = sum(at.share >= milestone - 1e-9 for milestone in schedule.milestones)
    return float(schedule.factor**passed)


def _exponential(schedule: Any, at: Position) -> float:
    return float(schedule.end**at.inclusive_share)


def _linear(schedule: Any, at: Position) -> float:
    return float(1 + (schedule.end - 1) * at.inclusive_share)


def _cosine(schedule: Any, at: Position) -> float:
    return float(schedule.end + (1 - schedule.end) * (1 + math.cos(math.pi * at.share)) / 2)


def _restarts(schedule: Any, at: Position) -> float:
    growth, periods = schedule.growth, at.epochs / schedule.period + 1e-9
    if growth == 1:
        cycle = math.floor(periods)
        passed = float(cycle)
    else:  # the first n cosines last 1 + growth + … = (growth^n - 1) / (growth - 1) periods
        cycle = math.floor(math.log(1 + periods * (growth - 1), growth))
        passed = (growth**cycle - 1) / (growth - 1)
    peak = max(schedule.end, schedule.shrink**cycle)
    turned = (1 + math.cos(math.pi * (periods - passed) / growth**cycle)) / 2
    return float(schedule.end + (peak - schedule.end) * turned)


def _quarter_cosine(schedule: Any, at: Position) -> float:
    turned = math.cos(math.pi / 2 * at.inclusive_share)
    return float(schedule.end + (1 - schedule.end) * turned)


def _onecycle(schedule: Any, at: Position) -> float:
    share = at.inclusive_share
    if share < schedule.rise:
        low, high, along = schedule.start, 1.0, share / schedule.rise
    else:
        low, high, along = 1.0, schedule.end, (share - schedule.rise) / (1 - schedule.rise)
    return float(high + (low - high) * (1 + math.cos(math.pi * along)) / 2)


def _cyclic(schedule: Any, at: Position) -> float:
    cycle, along = divmod(at.epochs / schedule.period, 1.0)
    height = (1 - schedule.floor) * schedule.shrink**cycle
    return float(schedule.floor + height * (1 - abs(2 * along - 1)))


_FACTORS: dict[str, Callable[[Any, Position], float]] = {
    "constant": _constant,
    "step": _step,
    "multistep": _multistep,
    "exponential": _exponential,
    "linear": _linear,
    "cosine": _cosine,
    "restarts": _restarts,
    "quarter_cosine": _quarter_cosine,
    "onecycle": _onecycle,
    "cyclic": _cyclic,
    "plateau": _constant,
}


@dataclass
class Plateau:
    """State of reduce-on-plateau: a factor on the learning rate, from the validation losses."""

    factor: float = 1.0
    best: float = math.inf
    waited: int = 0

    def tell(self, schedule: PlateauSchedule, loss: float) -> None:
        """Add an epoch's validation loss; one that is not finite does not count as a fall."""
        if loss < self.best * (1 - schedule.threshold):
            self.best, self.waited = loss, 0
            return
        self.waited += 1
        if self.waited > schedule.patience:
            self.factor = max(schedule.floor, self.factor * schedule.factor)
            self.waited = 0
