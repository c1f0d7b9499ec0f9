"""The fold from events to what the screen shows."""

from typing import Any

import pytest

from tests.ui.recorded import Recording, events
from workbench.runs.history.state import NOTICES, RunState

SMALL = Recording(epochs=6, steps_per_epoch=10, done=4.5)


@pytest.fixture
def state() -> RunState:
    return RunState().fold(events(SMALL))


def test_where_the_run_stands(state: RunState) -> None:
    assert (state.step, state.steps, state.epoch, state.epochs) == (45, 60, 5, 6)
    assert state.progress == 0.75
    assert state.status == "running"
    assert state.seconds_left == pytest.approx(state.seconds / state.step * 15)


def test_curves_over_steps_and_epochs_share_one_axis(state: RunState) -> None:
    assert state.curves["loss"].x == list(range(1, 46))
    assert state.epoch_curves["val_accuracy"].x == [10, 20, 30, 40]
    assert state.epoch_of(40) == 4


def test_the_best_epoch_is_the_one_with_the_highest_validation_accuracy(state: RunState) -> None:
    best = max(state.epoch_rows, key=lambda row: row["val_accuracy"])
    assert state.best_epoch == best["epoch"]
    assert state.best_step == best["step"]
    assert state.best_loss == best["val_loss"]


def test_classes_remember_the_epoch_before(state: RunState) -> None:
    assert [score.name for score in state.per_class] == list(SMALL.classes)
    before = state.per_class_before["cat"]
    now = next(score for score in state.per_class if score.name == "cat")
    assert before.total == now.total
    assert before != now


def test_folding_in_pieces_is_folding_at_once() -> None:
    whole = list(events(SMALL))
    pieces = RunState()
    for i in range(0, len(whole), 7):
        pieces.fold(whole[i : i + 7])
    assert pieces == RunState().fold(whole)


def test_an_epoch_without_a_step_lands_where_its_epoch_ends() -> None:
    state = RunState().fold(
        [
            {"event": "start", "steps_per_epoch": 30, "epochs": 2, "steps": 60},
            {"event": "epoch", "epoch": 1, "val_accuracy": 0.5},
        ]
    )
    assert state.epoch_curves["val_accuracy"].x == [30]


@pytest.mark.parametrize(
    "event",
    [
        {"event": "step", "step": "x", "epoch": 1},
        {"event": "step"},
        {"event": "step", "step": float("inf"), "epoch": 1},
        {"event": "step", "step": 1, "epoch": 1, "loss": 10**400},
        {"event": "epoch", "epoch": None},
        {"event": "epoch", "epoch": 1, "per_class": [1, 2]},
        {"event": "epoch", "epoch": 1, "per_class": {"cat": {"correct": 1}}},
        {"event": "epoch", "epoch": 1, "confusion": [[1, 2], [3]]},
        {"event": "epoch", "epoch": 1, "confusion": 7},
        {"event": "start", "classes": 7},
        {"event": "phase"},
        {"event": "step", "step": -1, "epoch": 1},
        {"event": "test", "per_class": "all"},
        {"event": "notice"},
    ],
)
def test_a_malformed_event_is_told_and_passed_over(event: dict[str, Any]) -> None:
    state = RunState().fold([event, {"event": "step", "step": 3, "epoch": 1, "loss": 1.0}])
    assert state.step == 3
    assert any(event["event"] in notice for notice in state.notices)


def test_unknown_events_and_losses_that_are_not_finite_leave_no_trace() -> None:
    state = RunState().fold(
        [
            {"event": "from the future"},
            {"event": "step", "step": 1, "epoch": 1, "loss": None},
            {"event": "step", "step": 2, "epoch": 1, "loss": float("nan")},
        ]
    )
    assert state.step == 2
    assert "loss" not in state.curves
    assert state.notices == []


def test_notices_are_bounded() -> None:
    state = RunState().fold({"event": "notice", "message": str(n)} for n in range(1000))
    assert len(state.notices) == NOTICES
    assert state.notices[-1] == "999"
