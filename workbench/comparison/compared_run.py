"""A compared run: its record, folded history and layer table, and its curves."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from workbench.errors import RequestError
from workbench.runs.history.run_info import RunInfo, read_run
from workbench.runs.history.state import ClassScore, RunState, class_scores
from workbench.runs.store.documents import read_layers
from workbench.runs.store.events import EventTail
from workbench.runs.store.folder import RunFolder

Against = Literal["epoch", "step", "time"]
Curve = tuple[list[float], list[float]]
DETAIL = 4_000_000  # bytes of metrics from which on not every step is decoded


@dataclass(frozen=True)
class ComparedRun:
    """A run with its folded history and its layer table, if it has one."""

    info: RunInfo
    state: RunState
    layers: dict[str, Any] | None  # the document of ``summary --json``

    @property
    def id(self) -> str:
        """The run's id."""
        return self.info.id

    def curve(self, name: str, against: Against) -> Curve:
        """x and y of a curve by epoch (``val_accuracy``) or by step (``loss``).

        Time is seconds of training, summed over epochs; steps are spread evenly over their
        epoch.
        """
        rows = [row for row in self.state.epoch_rows if name in row]
        if rows:
            return self._places(rows, against), [row[name] for row in rows]
        series = self.state.curves.get(name)
        if series is None:
            return [], []
        if against == "step":
            return list(series.x), list(series.y)
        epochs = [self.state.epoch_of(step) for step in series.x]
        epoch_seconds = (
            self._seconds() / len(self.state.epoch_rows) if self.state.epoch_rows else 0.0
        )
        return [e * epoch_seconds if against == "time" else e for e in epochs], list(series.y)

    def classes(self) -> list[ClassScore]:
        """Per-class test scores, else those of the last validation."""
        tested = self.info.value("result", "test_per_class")
        if isinstance(tested, dict):
            try:
                return class_scores(tested)
            except (KeyError, TypeError, ValueError):
                return []
        return self.state.per_class

    def _places(self, rows: list[dict[str, float]], against: Against) -> list[float]:
        if against == "time":
            seconds, places = 0.0, []
            for row in rows:
                seconds += row.get("seconds", 0.0)
                places.append(seconds)
            return places
        return [row.get(against, float(index + 1)) for index, row in enumerate(rows)]

    def _seconds(self) -> float:
        return sum(row.get("seconds", 0.0) for row in self.state.epoch_rows)


def read_compared_runs(folders: Iterable[RunFolder]) -> list[ComparedRun]:
    """Read runs to compare; raises :class:`RequestError` for one named twice."""
    compared = [read_compared_run(folder) for folder in folders]
    ids = [run.info.folder.path for run in compared]
    twice = next((path for path in ids if ids.count(path) > 1), None)
    if twice is not None:
        raise RequestError(f"run {twice.name} is named twice")
    return compared


def read_compared_run(folder: RunFolder) -> ComparedRun:
    """Read one run: its record, its whole history, its layer table."""
    tail, state = EventTail(folder.metrics), RunState()
    every = max(1, tail.unread // DETAIL)
    while events := tail.read(every=every):
        state.fold(events)
    return ComparedRun(read_run(folder), state, _layers(folder))


def _layers(folder: RunFolder) -> dict[str, Any] | None:
    try:
        return read_layers(folder)
    except (OSError, ValueError):
        return None
