"""A run as CSV files and as one JSON document."""

import csv
import json
from pathlib import Path

from workbench.exports.tables import export_csv, export_json
from workbench.runs.store.events import read_events
from workbench.runs.store.folder import RunFolder


def test_every_step_and_epoch_is_a_row(finished: RunFolder, tmp_path: Path) -> None:
    files = export_csv(finished, tmp_path / "out")
    assert [file.name for file in files] == [
        "steps.csv",
        "epochs.csv",
        "classes.csv",
        "layers.csv",
    ]
    events = read_events(finished.metrics)
    for file, kind in zip(files, ("step", "epoch"), strict=False):
        rows = list(csv.DictReader(file.open()))
        expected = [event for event in events if event["event"] == kind]
        assert [int(row["step"]) for row in rows] == [event["step"] for event in expected]
        key = "loss" if kind == "step" else "val_accuracy"
        assert [float(row[key]) for row in rows] == [event[key] for event in expected]


def test_the_document_holds_record_events_and_layers(finished: RunFolder, tmp_path: Path) -> None:
    (file,) = export_json(finished, tmp_path / "run.json")
    document = json.loads(file.read_text())
    assert document["events"] == read_events(finished.metrics)
    assert document["result"]["params"] == sum(
        row["params"] for row in document["layers"]["layers"]
    )
    assert document["config"]["data"]["name"] == "digits"
