"""One row of the run list: the values that are shown and filtered."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from workbench.config import changes_from, changes_in_words, flatten
from workbench.runs.history.state import RunState
from workbench.runs.library.tags import read_notes, sweep_of
from workbench.runs.live.status import RunStatus
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.record import Record

POINTS = 48  # of the curve of validation accuracy that is kept


class RunRow(NamedTuple):
    """The values of a run in the list; None where it has none yet."""

    id: str
    status: str
    reason: str = ""
    preset: str = ""
    changes: str = ""  # "lr 0.05, blocks 2-3-3"
    val: float | None = None  # best validation accuracy, 0 to 1
    test: float | None = None  # top-1
    top3: float | None = None
    params: int | None = None
    macs: int | None = None
    speed: float | None = None  # images a second
    time: float | None = None  # seconds of training
    started: str = ""
    epoch: int = 0
    epochs: int = 0
    best_epoch: int = 0
    progress: float = 0.0
    device: str = ""
    error: str = ""
    tags: str = ""  # with spaces between them
    star: str = ""  # "yes" where the person gave it one
    note: str = ""
    sweep: str = ""  # that it belongs to
    curve: tuple[float, ...] = ()  # validation accuracy
    root: str = ""  # the runs directory that it was found in; not kept: a disk may move

    @property
    def folder(self) -> RunFolder:
        """The run's folder."""
        return RunFolder(Path(self.root) / self.id)

    @property
    def key(self) -> tuple[str, str]:
        """Unique among all rows: an id may exist in two runs directories."""
        return self.root, self.id

    @property
    def words(self) -> str:
        """The text in which bare words of a filter are searched."""
        return f"{self.id} {self.preset} {self.changes} {self.tags} {self.sweep}".lower()

    def to_json(self) -> str:
        """As text for the index."""
        return json.dumps(self[:-1], separators=(",", ":"))


def rows_from_json(texts: list[str], root: str) -> list[RunRow]:
    """The rows that :meth:`RunRow.to_json` wrote, parsed together, which is faster."""
    tables = json.loads(f"[{','.join(texts)}]")
    return [RunRow._make([*table[:-1], tuple(table[-1]), root]) for table in tables]


def make_row(
    folder: RunFolder,
    status: RunStatus,
    record: Record,
    config: Mapping[str, Any],
    preset: Mapping[str, Any],
    state: RunState,
) -> RunRow:
    """A row from a run's files; ``config`` and ``preset`` by dotted keys."""
    run, result = record.get("run", {}), record.get("result", {})
    notes = read_notes(folder)
    test = state.test
    curve = state.epoch_curves.get("val_accuracy")
    last = state.epoch_rows[-1] if state.epoch_rows else {}  # the steps may have been left out
    step = max(state.step, int(last.get("step", 0)))
    return RunRow(
        id=folder.id,
        status=status.name,
        reason=status.reason,
        preset=str(config.get("about.preset", "") or run.get("preset", "")),
        changes=changes_in_words(changes_from(preset, config)) if preset else "",
        val=_share(state.best_accuracy, result.get("best_val_accuracy")),
        test=_share(result.get("test_accuracy"), test.get("test_accuracy")),
        top3=_share(result.get("test_top3_accuracy"), test.get("test_top3_accuracy")),
        params=_whole(result.get("params"), state.start.get("params")),
        macs=_whole(result.get("macs"), state.start.get("macs")),
        speed=_share(state.images_per_second),
        time=_share(state.seconds or None, run.get("seconds")),
        started=str(run.get("started", "")),
        epoch=max(state.epoch, int(last.get("epoch", 0))),
        epochs=state.epochs,
        best_epoch=state.best_epoch,
        progress=min(1.0, step / state.steps) if state.steps else 0.0,
        device=str(record.get("environment", {}).get("device") or state.start.get("device", "")),
        error=state.error or str(record.get("error", {}).get("message", "")),
        tags=" ".join(notes.tags),
        star="yes" if notes.star else "",
        note=notes.note,
        sweep=sweep_of(folder),
        curve=_thin(curve.y if curve else []),
        root=str(folder.path.parent),
    )


def flat(tables: Mapping[str, Any]) -> dict[str, Any]:
    """Tables by dotted keys, with values that JSON can hold."""
    return {key: value for key, value in flatten(tables).items() if key != "about.description"}


def _share(*values: Any) -> float | None:
    return next((float(v) for v in values if _is_number(v)), None)


def _whole(*values: Any) -> int | None:
    return next((v for v in values if isinstance(v, int) and _is_number(v)), None)


def _is_number(value: Any) -> bool:
    """Whether it is a finite number within bounds: anyone may have written the record."""
    return isinstance(value, int | float) and abs(value) < 1e100


def _thin(values: list[float]) -> tuple[float, ...]:
    if len(values) > POINTS:
        step = len(values) / POINTS
        values = [values[int((i + 1) * step) - 1] for i in range(POINTS)]
    return tuple(round(value, 4) for value in values)
