"""Exports a run's metrics and tables as CSV files, or all of it as one JSON document."""

import csv
import io
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.comparison.compared_run import read_compared_run
from workbench.errors import RequestError
from workbench.formatting.layer_table import to_csv
from workbench.runs.history.run_info import as_json
from workbench.runs.store.atomic import write_atomically
from workbench.runs.store.events import Event, EventTail
from workbench.runs.store.folder import RunFolder

TABLES = ("per_class", "confusion")  # of an epoch's event: no cells of a row


def export_json(run: RunFolder, target: Path) -> list[Path]:
    """Write one document: the record, the configuration, every event, the layer table."""
    compared = read_compared_run(run)
    document = {
        **as_json(compared.info),
        "events": list(all_events(run)),
        "layers": compared.layers,
    }
    return [write(target, json.dumps(document, indent=1, default=str).encode())]


def export_csv(run: RunFolder, target: Path) -> list[Path]:
    """Write ``steps.csv``, ``epochs.csv``, ``classes.csv`` and ``layers.csv`` into a folder.

    Empty tables are left out.
    """
    compared = read_compared_run(run)
    rows: dict[str, list[Mapping[str, Any]]] = {"steps": [], "epochs": []}
    for event in all_events(run):
        if event["event"] in ("step", "epoch"):
            rows[f"{event['event']}s"].append(_scalars(event))
    rows["classes"] = [
        {"class": score.name, "correct": score.correct, "total": score.total}
        for score in compared.classes()
    ]
    tables = {name: _csv(table) for name, table in rows.items() if table}
    if compared.layers is not None:
        tables["layers"] = to_csv(compared.layers)
    return [write(target / f"{name}.csv", text.encode()) for name, text in tables.items()]


def all_events(run: RunFolder) -> Iterator[Event]:
    """All events of a run."""
    tail = EventTail(run.metrics)
    while batch := tail.read():
        yield from batch


def write(target: Path, content: bytes) -> Path:
    """Write an exported file; raises :class:`RequestError` where it cannot be written."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(target, content, durable=False)
    except OSError as error:
        raise RequestError(f"{target}: cannot be written: {error.strerror}") from None
    return target


def numbers(event: Event) -> dict[str, float]:
    """The finite numbers of an event, without step, epoch and time."""
    return {
        name: float(value)
        for name, value in event.items()
        if name not in ("time", "step", "epoch")
        and isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
    }


def _scalars(event: Event) -> dict[str, Any]:
    return {
        name: value
        for name, value in event.items()
        if name != "event" and not isinstance(value, dict | list)
    }


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    names = dict.fromkeys(name for row in rows for name in row)
    out = io.StringIO()
    writer = csv.DictWriter(out, list(names), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
