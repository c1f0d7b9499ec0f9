"""The state of a run, as a pure fold over its events; every panel draws from it."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from workbench.runs.history.series import Series
from workbench.runs.store.events import Event

NOTICES = 200  # kept; a damaged file may hold any number of them
MOST = 10**15  # steps, images, classes: more of them are a damaged line
NO_CURVE = frozenset(("event", "time", "step", "epoch"))
UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, OverflowError, IndexError)


@dataclass(frozen=True)
class ClassScore:
    """The result of one class: ``correct`` of ``total`` images."""

    name: str
    correct: int
    total: int

    @property
    def accuracy(self) -> float:
        """Share of the class's images that are right, 0 to 1; 0 without images."""
        return self.correct / self.total if self.total else 0.0


@dataclass(frozen=True)
class Evaluation:
    """The evaluation of a split by class; empty where it was not recorded."""

    title: str  # which images, and after which epoch
    scores: list[ClassScore]
    before: dict[str, ClassScore]  # of the epoch before, by class
    confusion: list[list[int]]  # [true][predicted]

    def precision(self, classes: list[str]) -> dict[str, float]:
        """The precision (0 to 1) of every class that was predicted at least once."""
        try:
            columns = list(zip(*self.confusion, strict=True))
            return {
                name: columns[i][i] / sum(columns[i])
                for i, name in enumerate(classes)
                if sum(columns[i])
            }
        except UNREADABLE:
            return {}


@dataclass
class RunState:
    """Everything the screen shows of a run, folded from its events."""

    status: str = "starting"
    phase: str = ""  # what is being waited for, "" while training
    phase_done: int = 0
    phase_total: int = 0
    classes: list[str] = field(default_factory=list)
    start: dict[str, Any] = field(default_factory=dict)  # the start event
    epoch: int = 0
    epochs: int = 0
    step: int = 0
    steps: int = 0
    lr: float | None = None
    images_per_second: float | None = None
    seconds: float = 0.0  # time spent training, without pauses
    started: float | None = None
    updated: float | None = None
    curves: dict[str, Series] = field(default_factory=dict)  # over steps: loss, lr, grad_norm, …
    epoch_rows: list[dict[str, float]] = field(default_factory=list)  # its numbers, no tables
    epoch_curves: dict[str, Series] = field(default_factory=dict)  # over steps: val_loss, …
    best_epoch: int = 0
    best_step: int = 0
    best_loss: float | None = None  # validation loss of the best epoch
    best_accuracy: float | None = None
    per_class: list[ClassScore] = field(default_factory=list)
    per_class_before: dict[str, ClassScore] = field(default_factory=dict)
    confusion: list[list[int]] = field(default_factory=list)  # [true][predicted]
    system: Event = field(default_factory=dict)
    processes: list[Event] = field(default_factory=list)  # what each of several measured
    test: Event = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    error: str = ""

    def fold(self, events: Iterable[Event]) -> "RunState":
        """Fold in the next events; unknown and malformed ones are skipped."""
        for event in events:
            handler = _HANDLERS.get(event["event"])
            if handler is None:
                continue
            try:
                handler(self, event)
            except UNREADABLE:
                self.notice(f"an event of kind {event['event']!r} could not be read")
            else:
                time = event.get("time")
                self.updated = time if isinstance(time, int | float) else self.updated
        return self

    def notice(self, message: str) -> None:
        """Add a notice for the person."""
        self.notices.append(message)
        del self.notices[:-NOTICES]

    @property
    def progress(self) -> float:
        """Share of the steps that are done, 0 to 1."""
        return min(1.0, self.step / self.steps) if self.steps else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Seconds left at the throughput so far; None before there is one."""
        if not self.step or not self.steps or not self.seconds:
            return None
        return self.seconds / self.step * (self.steps - self.step)

    def evaluation(self, split: str) -> "Evaluation":
        """The evaluation by class of ``test``, or of the last ``validation``."""
        if split == "test":
            weights = {"last": "final", "": "final"}.get(str(self.test.get("weights", "")), "best")
            made = f"{weights} weights, " if weights != "final" else ""
            epoch = self.best_epoch if weights == "best" else self.last_epoch
            return Evaluation(
                f"test images, {made}epoch {epoch}",
                class_scores(self.test.get("per_class", {})),
                {},
                self.test.get("confusion", []),
            )
        return Evaluation(
            f"validation images, epoch {self.last_epoch}",
            self.per_class,
            self.per_class_before,
            self.confusion,
        )

    @property
    def last_epoch(self) -> int:
        """The epoch after which the network was evaluated last; 0 before the first."""
        return int(self.epoch_rows[-1].get("epoch", 0)) if self.epoch_rows else self.epoch

    def epoch_of(self, step: float) -> float:
        """The epoch of a step, with its fraction."""
        per_epoch = self.start.get("steps_per_epoch") or 0
        return step / per_epoch if per_epoch else 0.0


def _start(state: RunState, event: Event) -> None:
    state.classes = [str(name) for name in event.get("classes", [])]
    state.epochs = _count(event.get("epochs", 0))
    state.steps = _count(event.get("steps", 0))
    state.start = {**event, "steps_per_epoch": _count(event.get("steps_per_epoch", 0))}
    state.started = state.started or _number(event.get("time"))
    state.status, state.phase = "running", ""


def _phase(state: RunState, event: Event) -> None:
    state.phase = str(event["message"])
    state.phase_done = _count(event.get("done", 0))
    state.phase_total = _count(event.get("total", 0))


def _status(state: RunState, event: Event) -> None:
    state.status = str(event["status"])
    state.phase = str(event.get("message", ""))
    if event.get("error"):
        state.error = str(event["error"])


def _step(state: RunState, event: Event) -> None:
    state.step = _count(event["step"])
    state.epoch = _count(event["epoch"])
    state.phase = ""
    state.lr = _number(event.get("lr", state.lr))
    for name, value in event.items():
        if name not in NO_CURVE and _is_number(value):
            curve = state.curves.get(name)
            if curve is None:
                curve = state.curves[name] = Series()
            curve.add(state.step, float(value))


def _throughput(state: RunState, event: Event) -> None:
    numbers = {name: value for name, value in event.items() if _is_number(value)}
    state.images_per_second = numbers.get("images_per_second")
    state.seconds = float(numbers.get("seconds", state.seconds))
    state.system = numbers
    each = event.get("processes")
    state.processes = [p for p in each if isinstance(p, dict)] if isinstance(each, list) else []


def _epoch(state: RunState, event: Event) -> None:
    epoch = _count(event["epoch"])
    per_epoch = int(state.start.get("steps_per_epoch") or 0)
    step = _count(event.get("step") or epoch * per_epoch or state.step)
    row = {name: float(v) for name, v in event.items() if _is_number(v)}
    state.epoch_rows.append(row)
    state.images_per_second = row.get("images_per_second", state.images_per_second)
    for name, value in row.items():
        if name not in ("time", "epoch", "step"):
            state.epoch_curves.setdefault(name, Series()).add(step, value)
    accuracy = row.get("val_accuracy")
    if accuracy is not None and (state.best_accuracy is None or accuracy > state.best_accuracy):
        state.best_accuracy, state.best_epoch, state.best_step = accuracy, epoch, step
        state.best_loss = row.get("val_loss")
    if "per_class" in event:
        scores = class_scores(event["per_class"])
        state.per_class_before = {score.name: score for score in state.per_class}
        state.per_class = scores
    if "confusion" in event:
        state.confusion = _matrix(event["confusion"])


def class_scores(table: dict[str, dict[str, int]]) -> list[ClassScore]:
    """The ``per_class`` of an event as scores, in its order."""
    return [
        ClassScore(str(name), _count(score["correct"]), _count(score["total"]))
        for name, score in table.items()
    ]


def _matrix(rows: Any) -> list[list[int]]:
    matrix = [[_count(cell) for cell in row] for row in rows]
    if any(len(row) != len(matrix) for row in matrix):
        raise ValueError("a confusion matrix is square")
    return matrix


def _test(state: RunState, event: Event) -> None:
    test: Event = {name: value for name, value in event.items() if _is_number(value)}
    test["weights"] = str(event.get("weights", ""))
    if "per_class" in event:
        class_scores(event["per_class"])  # raises where it is none
        test["per_class"] = event["per_class"]
    if "confusion" in event:
        test["confusion"] = _matrix(event["confusion"])
    state.test = test


def _notice(state: RunState, event: Event) -> None:
    state.notice(str(event["message"]))


def _count(value: Any) -> int:
    """A non-negative integer; raises ValueError for anything else."""
    if not _is_number(value) or not 0 <= value <= MOST:
        raise ValueError(f"{value!r} is no count")
    return int(value)


def _number(value: Any) -> float | None:
    return float(value) if _is_number(value) else None


def _is_number(value: Any) -> bool:
    """Whether it is a finite number within float32: one that can be drawn."""
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
        and abs(value) < 1e100
    )


_HANDLERS = {
    "start": _start,
    "phase": _phase,
    "status": _status,
    "step": _step,
    "pace": _throughput,
    "epoch": _epoch,
    "test": _test,
    "notice": _notice,
}
