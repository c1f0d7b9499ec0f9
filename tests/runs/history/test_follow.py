"""Following a run through its files, with events that this test writes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.runs.history import follow as module
from workbench.runs.history.follow import follow, last_words, wait_until, why_ended
from workbench.runs.history.run_info import read_run
from workbench.runs.live.status import RunStatus
from workbench.runs.store.events import EventTail, EventWriter, keep_prefix
from workbench.runs.store.folder import RunFolder


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path)


@pytest.fixture
def statuses(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Have the run stand as told, look by look, and no time pass in between."""

    def stand(*statuses: str) -> None:
        left = list(statuses)
        monkeypatch.setattr(module, "read_status", lambda _: RunStatus(left.pop(0)))
        monkeypatch.setattr(module.time, "sleep", lambda _: None)

    return stand


def step(number: int) -> dict[str, object]:
    return {"event": "step", "step": number, "epoch": 1, "loss": 1.0 / number, "lr": 0.1}


def test_what_is_written_last_is_read(folder: RunFolder, statuses: Callable[..., None]) -> None:
    statuses("starting", "running", "finished")
    writer = EventWriter(folder.metrics)
    seen = []
    for update in follow(folder):
        seen.append((update.status.name, len(update.events), update.state.step))
        writer.add(step(len(seen)))  # once more after each look, the last one included
        if update.status.is_live:
            writer.flush()
    assert seen == [("starting", 0, 0), ("running", 1, 1), ("finished", 1, 2)]


def test_events_in_many_pieces_after_the_end(
    folder: RunFolder, statuses: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = EventWriter(folder.metrics)
    for number in range(1, 1001):
        writer.add(step(number))
    writer.flush()
    whole = EventTail.read
    monkeypatch.setattr(EventTail, "read", lambda tail: whole(tail, 1000))
    statuses(*["finished"] * 1000)
    updates = list(follow(folder))
    assert len(updates) > 10
    assert sum(len(update.events) for update in updates) == 1000
    assert updates[-1].state.step == 1000


def test_a_file_that_begins_anew_is_folded_anew(
    folder: RunFolder, statuses: Callable[..., None]
) -> None:
    statuses("running", "running", "stopped")
    writer = EventWriter(folder.metrics)
    for number in (1, 2, 3):
        writer.add(step(number))
    writer.flush()
    losses = []
    for update in follow(folder):
        losses.append(update.state.curves["loss"].count)
        if len(losses) == 1:
            keep_prefix(folder.metrics, folder.metrics.stat().st_size // 3)
    assert losses == [3, 1, 1]


def test_waiting_ends_with_the_request_the_worker_or_the_patience(
    folder: RunFolder, statuses: Callable[..., None]
) -> None:
    statuses("running", "running", "paused")
    assert wait_until(folder, frozenset(("paused",)), 60).name == "paused"
    statuses("running", "crashed")
    assert wait_until(folder, frozenset(("paused",)), 60).name == "crashed"
    statuses("running")
    assert wait_until(folder, frozenset(("paused",)), 0).name == "running"


def test_last_words(folder: RunFolder) -> None:
    assert last_words(folder) == ""
    folder.log.write_bytes(b"x" * 20_000 + b"\nKilled \xff by nobody\n\n")
    assert last_words(folder) == "Killed \ufffd by nobody"


def test_why_a_run_ended(folder: RunFolder) -> None:
    assert why_ended(read_run(folder)) == "no worker was started"
    folder.log.write_text("ImportError: no such thing\n")
    assert why_ended(read_run(folder)) == "no worker was started; ImportError: no such thing"
    folder.record.write_text('[run]\nstatus = "failed"\n[error]\nmessage = "out of memory"\n')
    assert why_ended(read_run(folder)) == "out of memory"
