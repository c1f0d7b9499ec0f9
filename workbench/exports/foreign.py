"""Imports runs of other programs: TensorBoard folders and CSV files.

An imported run has a record and events, and a ``config.toml`` that only names its source: it can
be shown, compared and reported, but not resumed or replayed.
"""

import csv
import io
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w

from workbench.errors import RequestError
from workbench.runs.store.atomic import write_atomically
from workbench.runs.store.events import EventWriter
from workbench.runs.store.folder import RunFolder, create_folder
from workbench.runs.store.record import now, write_record
from workbench.system.packages import need
from workbench.system.regular_files import open_regular, read_regular

LARGEST = 500_000_000  # bytes of a CSV file
# Names that other programs give to what we call otherwise.
NAMES = {
    "accuracy/validation": "val_accuracy",
    "accuracy/train": "train_accuracy",
    "loss/validation": "val_loss",
    "loss/train": "train_loss",
    "accuracy/test": "test_accuracy",
    "acc": "train_accuracy",
    "val_acc": "val_accuracy",
    "validation_accuracy": "val_accuracy",
    "learning_rate": "lr",
}
EPOCHS = re.compile(r"(train|val)_(loss|accuracy|top3_accuracy|balanced_accuracy)|seconds")
Row = dict[str, float]


def import_run(source: Path, root: Path, name: str | None = None) -> RunFolder:
    """Import a CSV file or a folder with TensorBoard's event files as a run."""
    try:
        if source.is_dir():
            kind, rows = "tensorboard", read_tensorboard(source)
        else:
            kind, rows = "csv", read_csv(source)
    except FileNotFoundError as error:
        raise RequestError(f"{error.filename or source}: no such file or folder") from None
    except OSError as error:
        raise RequestError(f"{error.filename or source}: {error.strerror or error}") from None
    if not rows:
        raise RequestError(f"{source}: holds no numbers by step or epoch")
    folder = create_folder(root, f"foreign/{source.stem}", name)
    _write(folder, rows, {"source": str(source.absolute()), "kind": kind})
    return folder


def read_csv(path: Path) -> list[Row]:
    """Events from a CSV file with a column ``step`` or ``epoch``; names are translated."""
    try:
        text = read_regular(path, LARGEST).decode("utf-8-sig")
        table = list(csv.DictReader(io.StringIO(text, newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise RequestError(f"{path}: is no CSV file: {error}") from None
    rows = [_numbers(row) for row in table]
    rows = [row for row in rows if "step" in row or "epoch" in row]
    if table and not rows:
        raise RequestError(f"{path}: needs a column 'step' or 'epoch' with numbers")
    return rows


def read_tensorboard(folder: Path) -> list[Row]:
    """Events from the scalars of TensorBoard's event files in a folder."""
    for path in folder.iterdir():
        if "tfevents" in path.name:  # what TensorBoard would open, and wait for
            open_regular(path).close()
    reader = need("tensorboard.backend.event_processing.event_accumulator", "tensorboard")
    accumulator = reader.EventAccumulator(str(folder), size_guidance={reader.SCALARS: 0})
    accumulator.Reload()
    rows: dict[int, Row] = {}
    for tag in accumulator.Tags()["scalars"]:
        for event in accumulator.Scalars(tag):
            row = rows.setdefault(event.step, {"step": event.step, "time": event.wall_time})
            if math.isfinite(event.value):
                row[_ours(tag)] = event.value
    return [rows[step] for step in sorted(rows)]


def _write(folder: RunFolder, rows: list[Row], about: Mapping[str, str]) -> None:
    write_atomically(folder.config, tomli_w.dumps({"foreign": dict(about)}).encode())
    writer = EventWriter(folder.metrics)
    epochs: list[dict[str, Any]] = []
    for index, row in enumerate(rows):
        whole = {name: value for name, value in row.items() if not EPOCHS.fullmatch(name)}
        step, time = int(row.get("step", index + 1)), row.get("time", 0.0)
        if len(epoch := {n: v for n, v in row.items() if EPOCHS.fullmatch(n)}):
            event = {"event": "epoch", "time": time, **epoch}
            epochs.append(event | {"epoch": int(row.get("epoch", len(epochs) + 1)), "step": step})
            writer.add(epochs[-1])
        if loose := {n: v for n, v in whole.items() if n not in ("step", "epoch", "time")}:
            place = {"step": step, "epoch": int(row.get("epoch", len(epochs) + 1))}
            writer.add({"event": "step", "time": time, **place, **loose})
    writer.close()
    write_record(folder.record, _record(folder, epochs, rows, about))


def _record(
    folder: RunFolder, epochs: list[dict[str, Any]], rows: list[Row], about: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    scored = [row["val_accuracy"] for row in epochs if "val_accuracy" in row]
    tested = [row["test_accuracy"] for row in rows if "test_accuracy" in row]
    seconds = [row["seconds"] for row in epochs if "seconds" in row]
    run = {"id": folder.id, "preset": f"foreign/{about['kind']}", "status": "finished"}
    result = {
        "best_val_accuracy": max(scored, default=None),
        "final_val_accuracy": scored[-1] if scored else None,
        "test_accuracy": tested[-1] if tested else None,
    }
    times = {"started": now(), "ended": now(), "seconds": sum(seconds) if seconds else None}
    return {"run": {**run, **times}, "result": result}


def _numbers(row: Mapping[str | None, Any]) -> Row:
    found: Row = {}
    for name, text in row.items():
        try:
            value = float(text)
        except (TypeError, ValueError):
            continue
        if name is not None and math.isfinite(value):
            found[_ours(name.strip())] = value
    return found


def _ours(name: str) -> str:
    name = name.removeprefix("step/").removeprefix("epoch/")
    return NAMES.get(name.lower(), name)
