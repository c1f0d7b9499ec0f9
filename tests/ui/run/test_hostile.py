"""Whatever a run's files hold, no panel falls over and nothing but text comes out."""

from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.runs.history.log import RunLog
from workbench.runs.history.state import RunState
from workbench.runs.library.row import RunRow, make_row, rows_from_json
from workbench.runs.live.status import RunStatus
from workbench.runs.store.folder import RunFolder
from workbench.ui.run.classes import class_lines
from workbench.ui.run.confusion import confusion_lines
from workbench.ui.run.header import RunHeader
from workbench.ui.run.panel import RunView
from workbench.ui.run.plots import PlotSettings, build_accuracy, build_loss
from workbench.ui.run.status_line import StatusLine
from workbench.ui.runs.columns import COLUMNS, layout, row_line, sort_rows
from workbench.ui.runs.preview import preview
from workbench.ui.widgets.lines import Line, plain
from workbench.ui.widgets.message import say

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(allow_nan=True, allow_infinity=True),
    st.text(max_size=8),
    st.lists(st.integers(-3, 3), max_size=3),
    st.lists(st.lists(st.integers(-3, 3), max_size=2), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    st.just({"cat": {"correct": 1, "total": -1}}),
)
WORDS = """step epoch epochs steps steps_per_epoch classes precision device loss lr grad_norm
loss_box val_loss val_accuracy train_accuracy per_class confusion test_accuracy correct total
weights top3_correct test_top3_accuracy images_per_second seconds memory_bytes memory_total
gpu_memory_bytes gpu_load cpu_load temperature message done error status time"""
KEYS = st.sampled_from(WORDS.split())
KINDS = st.sampled_from(["start", "phase", "status", "step", "pace", "epoch", "test", "notice"])
EVENTS = st.lists(
    st.builds(
        lambda kind, body, sane: {"step": 3, "epoch": 1, **sane, **body, "event": kind},
        KINDS,
        st.dictionaries(KEYS, ODD, max_size=4),
        st.sampled_from([{}, {"steps": 9, "epochs": 3, "steps_per_epoch": 3}]),
    ),
    max_size=6,
)
STATUSES = st.sampled_from(["running", "paused", "finished", "failed", "crashed", "stopped"])


def no_control(lines: list[Line]) -> bool:
    return all(ord(letter) >= 32 for line in lines for letter in plain(line))


@settings(max_examples=100)
@given(EVENTS, STATUSES)
def test_any_events_can_be_shown(events: list[dict[str, Any]], status: str) -> None:
    state = RunState().fold(events)
    view = RunView(RunFolder(Path("runs/x")), state, RunStatus(status), RunLog())
    for width in (80, 160):
        assert no_control(RunHeader().draw(view, width, 1))
        assert no_control(StatusLine().draw(view, width, 1))
        assert no_control(class_lines(state, "test", width))
        assert no_control(confusion_lines(state, "test", width))
    assert no_control([[(text, "")] for text in (say(view) or ())])
    for kind in (PlotSettings(), PlotSettings(2, True, True)):
        build_loss(state, kind, 60, 18, status == "running")
        build_accuracy(state, kind, 60, 18, status == "running")
    row = make_row(view.folder, view.status, {}, {}, {}, state)
    assert no_control([row_line(row, layout(160), 160, marked=True, cursor=True)])
    assert no_control(preview(row, 80))


NAMES = "status started seconds best_val_accuracy test_accuracy params macs device message preset"
TABLE = st.dictionaries(st.sampled_from(NAMES.split()), ODD, max_size=6)


@settings(max_examples=100)
@given(TABLE, TABLE, TABLE, STATUSES, st.sampled_from([60, 80, 160]))
def test_any_record_can_be_listed(
    run: dict[str, Any], result: dict[str, Any], config: dict[str, Any], status: str, width: int
) -> None:
    record = {"run": run, "result": result, "environment": run, "error": result}
    folder = RunFolder(Path("runs/x"))
    row = make_row(folder, RunStatus(status), record, config, {"a": 1}, RunState())
    assert rows_from_json([row.to_json()], "runs") == [row]
    assert no_control([row_line(row, layout(width), width, marked=False, cursor=False)])
    assert no_control(preview(row, width))
    for column in COLUMNS:
        sort_rows([row, RunRow("other", "finished")], column.key, True)
