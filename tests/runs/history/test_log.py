"""The log of a run: what happened, when, and how long it took."""

from pathlib import Path
from typing import Any

import pytest

from workbench.runs.history.log import MOST, Entry, RunLog, as_json, clock, merged, printed


def told(*events: dict[str, Any]) -> list[tuple[str, str]]:
    log = RunLog()
    log.add(events)
    return [(entry.kind, entry.text) for entry in log.shown()]


def event(kind: str, time: float, **values: Any) -> dict[str, Any]:
    return {"event": kind, "time": time, **values}


START = event("start", 20.0, epochs=3, steps=30, classes=["a", "b"], params=10, macs=20,
              train_pictures=8, val_pictures=2, test_pictures=1, device="cpu",
              precision="float32")  # fmt: skip


def test_phases_say_what_they_took() -> None:
    lines = told(
        event("status", 1.0, status="queued", message="waiting for 2 free cores of 2"),
        event("status", 13.0, status="running"),
        event("phase", 13.0, message="loading torch"),
        event("phase", 15.1, message="decoding images", done=1, total=12000),
        event("phase", 16.1, message="decoding images", done=800, total=12000),
        START,
    )
    assert lines == [
        ("status", "queued: waiting for 2 free cores of 2 · 12s"),
        ("phase", "loading torch · 2.1s"),
        ("phase", "decoding images, 12,000 · 4.9s"),
        (
            "start",
            "8 + 2 + 1 images · 2 classes · 10 parameters · 20 MACs · 30 steps · cpu float32",
        ),
    ]


def test_how_the_step_is_compiled_is_said_where_it_is() -> None:
    assert told(START | {"compile": "graphs"})[0][1].endswith("cpu float32 · compile graphs")
    assert told(START | {"compile": "off"})[0][1].endswith("cpu float32")


def test_what_lasts_is_said_at_the_end() -> None:
    assert told(event("phase", 1.0, message="loading torch")) == [("phase", "loading torch …")]


def test_epochs_the_best_marked_checkpoints_pauses_and_the_end() -> None:
    lines = told(
        START,
        event("epoch", 30.0, epoch=1, val_accuracy=0.5),
        event("checkpoint", 30.0, step=10, best=True),
        event("epoch", 40.0, epoch=2, val_accuracy=0.4),
        event("checkpoint", 41.0, step=15, best=False, asked=True),
        event("status", 42.0, status="paused"),
        event("status", 102.0, status="running"),
        event("notice", 103.0, message="compile: no compiler"),
        event("phase", 104.0, message="testing"),
        event("test", 105.0, test_accuracy=0.45, correct=9, total=20, weights="last"),
        event("status", 106.0, status="finished"),
    )
    assert [kind for kind, _ in lines] == [
        *("start", "best", "checkpoint", "epoch", "checkpoint", "status", "notice", "phase"),
        *("test", "status"),
    ]  # fmt: skip
    assert lines[1][1].startswith("epoch 1/3  loss") and lines[1][1].endswith("best")
    assert lines[2][1] == "checkpoint of step 10 (the best so far)"
    assert not lines[3][1].endswith("best")
    assert lines[4][1] == "checkpoint of step 15 (as asked)"
    assert lines[5][1] == "paused · 1m 00s"
    assert lines[6][1] == "note: compile: no compiler"
    assert "45.0 % (9/20)" in lines[8][1]
    assert lines[9][1] == "finished"


def test_a_resume_and_a_failure() -> None:
    lines = told(
        {**START, "resumed_from": 1200},
        event("status", 30.0, status="failed", error="the disk is full"),
    )
    assert lines[0] == ("start", "goes on from the checkpoint of step 1,200")
    assert lines[-1] == ("error", "failed: the disk is full")


@pytest.mark.parametrize(
    "bad",
    [
        {"event": "epoch"},
        {"event": "phase", "time": 1},
        {"event": "checkpoint", "time": 1, "step": "x"},
        {"event": "start", "time": 1, "epochs": "many", "classes": 3},
        {"event": "status", "time": "now", "status": "paused"},
        {"event": "nothing of ours", "time": 1},
    ],
)
def test_what_is_malformed_hurts_nobody(bad: dict[str, Any]) -> None:
    lines = told(bad, event("notice", 2.0, message="still here"))
    assert lines[-1] == ("notice", "note: still here")


def test_a_long_run_keeps_its_end_and_says_how_much_is_missing() -> None:
    log = RunLog()
    log.add(event("notice", float(n), message=str(n)) for n in range(1, MOST + 11))
    assert len(log.entries) == MOST and log.dropped == 10
    assert log.entries[0].text == "note: 11"


def test_what_was_printed_is_text_with_its_times(tmp_path: Path) -> None:
    path = tmp_path / "worker.log"
    path.write_bytes(
        b"before any stamp\n2026-11-27 09:30:12,500 WARNING careful\n"
        b'Traceback:\n  File "x"\n\x1b[31mred\x1b[0m\x9b [b]\n 10%\r 20%\r100%\n\xff\n\n'
    )
    entries = printed(path)
    assert [entry.text for entry in entries] == [
        *("before any stamp", "careful", "Traceback:", '  File "x"', "[31mred[0m\ufffd [b]"),
        *("100%", "\ufffd"),
    ]
    assert entries[0].time == 0.0
    assert {clock(entry.time) for entry in entries[1:]} == {"09:30:12"}


def test_of_a_huge_file_the_end_is_read(tmp_path: Path) -> None:
    path = tmp_path / "worker.log"
    with path.open("wb") as file:
        file.truncate(1 << 33)
        file.seek(1 << 33)
        file.write(b"\nlast\n")
    entries = printed(path)
    assert entries[0].text.startswith("… 8,589,") and entries[-1].text == "last"
    assert printed(tmp_path / "none") == []


def test_both_in_the_order_of_time_and_notices_once() -> None:
    log = RunLog()
    log.add([event("notice", 5.0, message="skipped a.png"), event("status", 9.0, status="stopped")])
    own = [Entry(5.1, "printed", "skipped a.png"), Entry(7.0, "printed", "hello")]
    assert [entry.text for entry in merged(log.shown(), own)] == [
        "note: skipped a.png", "hello", "stopped",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({}, "test  accuracy 45.0 % (9/20)  final weights"),
        ({"test_top3_accuracy": 0.9}, "test  top-1 45.0 % (9/20)  top-3 90.0 %  final weights"),
    ],
)
def test_of_few_classes_a_test_has_no_top_3(more: dict[str, Any], text: str) -> None:
    assert told(event("test", 1.0, test_accuracy=0.45, correct=9, total=20, **more)) == [
        ("test", text)
    ]


def test_as_json_a_time_that_is_not_known_is_null() -> None:
    entries = [Entry(0.0, "printed", "x"), Entry(1.5, "status", "stopped")]
    assert [entry["time"] for entry in as_json(entries)] == [None, 1.5]
