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


def test_a_start_tells_the_plan() -> None:
    state = RunState().fold(
        [
            {"event": "phase", "time": 1.0, "message": "loading torch"},
            {
                "event": "start", "time": 5.0, "classes": ["a", 2], "epochs": 3, "steps": 30,
                "steps_per_epoch": 10, "device": "cpu",
            },
            {"event": "start", "time": 9.0, "epochs": 3, "steps": 30},
        ]
    )  # fmt: skip
    assert (state.epochs, state.steps, state.classes) == (3, 30, [])
    assert (state.status, state.phase, state.started) == ("running", "", 5.0)
    assert state.start["steps_per_epoch"] == 0 and state.updated == 9.0


def test_what_a_start_says_is_kept() -> None:
    start = {"event": "start", "time": 5.0, "classes": ["a", 2], "steps_per_epoch": 10}
    state = RunState().fold([{**start, "device": "cpu"}])
    assert state.classes == ["a", "2"]
    assert (state.start["device"], state.start["steps_per_epoch"]) == ("cpu", 10)
    assert (state.epochs, state.steps, state.epoch_of(25)) == (0, 0, 2.5)


def test_a_phase_tells_how_far_it_is_until_a_step() -> None:
    phase = {"event": "phase", "time": 1.0, "message": "decoding images", "done": 3, "total": 12}
    state = RunState().fold([phase])
    assert (state.phase, state.phase_done, state.phase_total) == ("decoding images", 3, 12)
    state.fold([{"event": "phase", "time": 2.0, "message": "building the network"}])
    assert (state.phase, state.phase_done, state.phase_total) == ("building the network", 0, 0)
    state.fold([{"event": "step", "time": 3.0, "step": 1, "epoch": 1, "loss": 2.0, "lr": 0.1}])
    assert state.phase == "" and state.lr == 0.1


def test_a_status_brings_its_message_and_its_error() -> None:
    state = RunState().fold([{"event": "status", "time": 1.0, "status": "queued", "message": "so"}])
    assert (state.status, state.phase, state.error) == ("queued", "so", "")
    state.fold([{"event": "status", "time": 2.0, "status": "failed", "error": "full"}])
    assert (state.status, state.phase, state.error) == ("failed", "", "full")
    state.fold([{"event": "status", "time": 3.0, "status": "running", "error": ""}])
    assert (state.status, state.error) == ("running", "full")


def test_a_pace_tells_the_machine_in_numbers_only() -> None:
    pace = {"event": "pace", "time": 1.0, "images_per_second": 800.0, "seconds": 2.5, "gpu": "x"}
    state = RunState().fold([pace])
    assert (state.images_per_second, state.seconds) == (800.0, 2.5)
    assert state.system == {"time": 1.0, "images_per_second": 800.0, "seconds": 2.5}
    state.fold([{"event": "pace", "time": 2.0}])
    assert (state.images_per_second, state.seconds) == (None, 2.5)


def test_an_epoch_brings_its_numbers_tables_and_speed() -> None:
    confusion = [[3, 1], [0, 4]]
    scores = {"a": {"correct": 3, "total": 4}, "b": {"correct": 4, "total": 4}}
    row = {
        "event": "epoch", "time": 9.0, "epoch": 1, "step": 10, "val_accuracy": 0.875,
        "val_loss": 0.5, "images_per_second": 700.0, "per_class": scores, "confusion": confusion,
    }  # fmt: skip
    state = RunState().fold([row, {**row, "epoch": 2, "step": 20, "images_per_second": "?"}])
    assert list(state.epoch_curves) == [
        "val_accuracy", "val_loss", "images_per_second",
    ]  # fmt: skip
    assert state.epoch_curves["val_loss"].x == [10, 20]
    assert state.images_per_second == 700.0
    assert (state.best_accuracy, state.best_epoch, state.best_step) == (0.875, 1, 10)
    assert state.confusion == confusion and state.last_epoch == 2
    assert [score.accuracy for score in state.per_class] == [0.75, 1.0]
    assert list(state.per_class_before) == ["a", "b"]


def test_the_best_is_that_of_the_first_of_equals_and_of_none_without_accuracy() -> None:
    plain = {"event": "epoch", "time": 1.0, "epoch": 1, "step": 5, "val_loss": 1.0}
    state = RunState().fold([plain])
    assert (state.best_accuracy, state.best_epoch, state.best_loss) == (None, 0, None)


def test_a_test_keeps_numbers_and_tables() -> None:
    scores = {"a": {"correct": 1, "total": 2}}
    state = RunState().fold(
        [
            {
                "event": "test", "time": 3.0, "test_accuracy": 0.5, "weights": "best",
                "per_class": scores, "confusion": [[1]], "note": "x",
            }
        ]
    )  # fmt: skip
    assert state.test == {
        "time": 3.0, "test_accuracy": 0.5, "weights": "best", "per_class": scores,
        "confusion": [[1]],
    }  # fmt: skip


@pytest.mark.parametrize("matrix", [[[1, 2]], [[1], [2]], [[-1]], [["x"]], [[1.5e16]], 3])
def test_a_confusion_matrix_is_square_and_counts(matrix: Any) -> None:
    epoch = {"event": "epoch", "time": 1.0, "epoch": 1, "step": 1, "confusion": matrix}
    state = RunState().fold([epoch])
    assert state.confusion == [] and len(state.notices) == 1


@pytest.mark.parametrize("count", [-1, True, "3", None, 1e400, float("nan")])
def test_what_is_no_count_is_told(count: Any) -> None:
    step = {"event": "step", "time": 1.0, "step": count, "epoch": 1, "loss": 1.0, "lr": 0.1}
    state = RunState().fold([step])
    assert state.step == 0 and len(state.notices) == 1


@pytest.mark.parametrize("value", [True, "0.5", float("nan"), float("inf"), 1e100, None])
def test_what_cannot_be_drawn_is_no_point(value: Any) -> None:
    step = {"event": "step", "time": 1.0, "step": 1, "epoch": 1, "loss": value, "lr": 0.1}
    state = RunState().fold([step])
    assert "loss" not in state.curves and state.step == 1


def test_time_left_and_progress_before_there_is_a_plan() -> None:
    assert RunState().progress == 0.0 and RunState().seconds_left is None
    assert RunState().epoch_of(7) == 0.0
    assert RunState(step=5, steps=4, seconds=1.0).progress == 1.0
