"""What a run says on stderr: permanent lines, and one that fits the terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.cli.console.progress import Reporter, event_lines, live_line
from workbench.runs.history.follow import Update
from workbench.runs.history.state import RunState
from workbench.runs.live.status import RunStatus
from workbench.runs.store.events import Event

START: Event = {
    "event": "start",
    "classes": ["a", "b"],
    "epochs": 10,
    "steps": 1000,
    "steps_per_epoch": 100,
    "train_pictures": 12_800,
    "val_pictures": 1_000,
    "test_pictures": 2_000,
    "params": 4_771_146,
    "macs": 874_187_264,
    "device": "cpu",
    "precision": "bfloat16",
}


def running() -> RunState:
    step = {"event": "step", "step": 250, "epoch": 3, "loss": 0.51234, "lr": 0.1}
    pace = {"event": "pace", "images_per_second": 8730.4, "seconds": 25.0}
    epoch = {"event": "epoch", "epoch": 2, "step": 200, "val_accuracy": 0.7124}
    return RunState().fold([START, epoch, pace, step])


def test_the_whole_line_where_there_is_room() -> None:
    assert live_line("run-a1b2", running(), "running", 200) == (
        "run-a1b2  epoch 3/10  ━━━━━───────────────  25.0 %  loss 0.512  val 71.2 % best"
        "  step 250/1,000  8,730 img/s  1m 15s left"
    )


@given(st.integers(min_value=8, max_value=200))
def test_the_line_fits_any_width_and_keeps_what_matters_most(width: int) -> None:
    line = live_line("run-a1b2", running(), "running", width)
    assert len(line) <= width
    assert line.startswith("run-a1b2")
    assert ("25.0 %" in line) == (width >= len("run-a1b2  25.0 %"))


def test_waiting_says_what_for() -> None:
    phase = {"event": "phase", "message": "building cache", "done": 12_000, "total": 50_000}
    waiting = RunState().fold([phase])
    assert live_line("r", waiting, "running", 80) == "r  building cache 12,000/50,000"
    assert live_line("r", RunState(), "starting", 80) == "r  starting"


def test_a_paused_run_says_so() -> None:
    assert "  paused  " in live_line("r", running(), "paused", 200)


def test_lines_that_stay() -> None:
    state = running()
    assert event_lines(START, state) == [
        "12,800 + 1,000 + 2,000 images · 2 classes · 4,771,146 parameters"
        " · 874,187,264 MACs · 1,000 steps · cpu bfloat16"
    ]
    epoch = {
        "event": "epoch",
        "epoch": 2,
        "train_loss": 0.61,
        "train_accuracy": 0.8,
        "val_loss": 0.7,
        "val_accuracy": 0.7124,
        "seconds": 3.04,
        "images_per_second": 8_421.0,
        "lr": 0.05,
    }
    assert event_lines(epoch, state) == [
        "epoch 2/10  loss 0.6100  accuracy 80.0 %  val loss 0.7000  val 71.2 %"
        "  lr 0.050000  3.0s  8,421 img/s  best"
    ]
    assert "  accuracy –  " in event_lines({**epoch, "train_accuracy": None}, state)[0]
    test = {"event": "test", "test_accuracy": 0.5, "correct": 1, "total": 2, "weights": "last"}
    assert event_lines(test, state) == ["test  accuracy 50.0 % (1/2)  last weights"]
    assert event_lines({"event": "notice", "message": "careful"}, state) == ["note: careful"]
    assert event_lines({"event": "status", "status": "paused"}, state) == ["paused"]
    assert event_lines({"event": "step", "step": 3}, state) == []


JSON = st.recursive(
    st.sampled_from([None, True, 3, -1, 10**400, float("nan"), -1e308, "", "a\x1b[2J"]),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=4), children, max_size=3)
    ),
    max_leaves=6,
)
KINDS = st.sampled_from(["start", "phase", "step", "pace", "epoch", "test", "notice", "status"])
NAMES = st.sampled_from(["classes", "epochs", "steps", "step", "epoch", "loss", "message", "lr"])


@given(st.lists(st.tuples(KINDS, st.dictionaries(NAMES, JSON, max_size=5)), max_size=4))
def test_events_of_a_stranger_break_nothing(events: list[tuple[str, dict[str, object]]]) -> None:
    state = RunState()
    for kind, values in events:
        event: Event = {**values, "event": kind}
        state.fold([event])
        assert all(isinstance(line, str) for line in event_lines(event, state))
        assert len(live_line("run", state, state.status, 60)) <= 60


def test_off_a_terminal_what_a_scheduler_says_is_told_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    reporter = Reporter("run-a1b2", live=False)
    for reason in ("Priority", "Priority", "Resources", "Resources"):
        reporter.show(Update([], RunState(), RunStatus("queued", reason, waits=True)))
    reporter.show(Update([], RunState(), RunStatus("queued", "3rd in line")))  # events tell that
    assert capsys.readouterr().err == "queued, Priority\nqueued, Resources\n"
