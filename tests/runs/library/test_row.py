"""One row of the run list: from the events, and from the record where they say nothing."""

from pathlib import Path
from typing import Any

import pytest

from workbench.runs.history.state import RunState
from workbench.runs.library.row import POINTS, RunRow, make_row
from workbench.runs.live.status import RunStatus
from workbench.runs.store.events import Event
from workbench.runs.store.folder import RunFolder

RECORD: dict[str, Any] = {
    "run": {"preset": "quick/digits", "seconds": 3.5, "started": "2026-01-01T00:00:00"},
    "result": {
        "best_val_accuracy": 0.7,
        "test_accuracy": 0.6,
        "test_top3_accuracy": 0.9,
        "params": 10,
        "macs": 20,
    },
    "environment": {"device": "cpu"},
    "error": {"message": "no"},
}


def row(record: dict[str, Any], *events: Event) -> RunRow:
    folder, state = RunFolder(Path("runs/x")), RunState().fold(events)
    return make_row(folder, RunStatus("failed"), record, {}, {}, state)


def epochs(count: int) -> list[Event]:
    return [
        {"event": "epoch", "epoch": n, "step": n, "val_accuracy": n / 1000}
        for n in range(1, count + 1)
    ]


def test_without_events_the_record_is_what_is_known() -> None:
    found = row(RECORD)
    assert (found.val, found.test, found.top3) == (0.7, 0.6, 0.9)
    assert (found.params, found.macs, found.time) == (10, 20, 3.5)
    assert (found.preset, found.started) == ("quick/digits", "2026-01-01T00:00:00")
    assert (found.device, found.error) == ("cpu", "no")


def test_of_a_run_without_a_record_the_events_are_what_is_known() -> None:
    start = {"event": "start", "epochs": 4, "steps": 4, "params": 5, "macs": 6, "device": "cuda:0"}
    test = {"event": "test", "test_accuracy": 0.5, "test_top3_accuracy": 0.8}
    found = row({}, start, *epochs(2), test)
    assert (found.val, found.test, found.top3) == (0.002, 0.5, 0.8)
    assert (found.params, found.macs, found.device) == (5, 6, "cuda:0")
    assert (found.epoch, found.epochs, found.best_epoch, found.progress) == (2, 4, 2, 0.5)


def test_without_either_there_is_no_value() -> None:
    found = row({})
    assert (found.val, found.test, found.params, found.device, found.error) == (
        None, None, None, "", "",
    )  # fmt: skip


@pytest.mark.parametrize("count", [1, POINTS, POINTS + 1, 3 * POINTS, 1000])
def test_a_long_curve_is_thinned_and_ends_where_the_run_does(count: int) -> None:
    curve = row({}, *epochs(count)).curve
    assert len(curve) == min(count, POINTS)
    assert curve[-1] == count / 1000 and list(curve) == sorted(set(curve))
