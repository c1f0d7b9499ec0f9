"""What a run's record and events say of how it was trained, and a worker of why it cannot."""

import logging
from pathlib import Path

import pytest

from tests.training.conftest import Prepare
from workbench.data import Split
from workbench.runs.live.control import write_request
from workbench.runs.store.events import EventWriter, read_events
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.record import read_record
from workbench.training.loop.trainer import StopTraining, Trainer
from workbench.training.worker import callbacks as callbacks
from workbench.training.worker import main as worker
from workbench.training.worker.callbacks import Callbacks
from workbench.training.worker.heartbeat import NoHeartbeat
from workbench.training.worker.recorder import Recorder
from workbench.training.worker.signals import Signals


def test_the_time_of_a_run_counts_its_test(
    new_run: Prepare, monkeypatch: pytest.MonkeyPatch
) -> None:
    def show(self: Callbacks, trainer: Trainer, split: Split, name: str) -> None:
        if name == "test":
            trainer.clock.before += 1000.0  # it took so long

    monkeypatch.setattr(Callbacks, "show", show)
    folder = new_run(train__epochs=1)
    worker.work(folder)
    assert 1000 < read_record(folder.record)["run"]["seconds"] < 2000


def test_the_record_says_why_a_run_ended_early(new_run: Prepare) -> None:
    folder = new_run(train__epochs=9, train__patience=2, optimizer__lr=1e-9)
    worker.work(folder)
    record = read_record(folder.record)
    events = read_events(folder.metrics)
    assert record["run"]["status"] == "finished"
    assert sum(event["event"] == "epoch" for event in events) == 3
    words = "ended after epoch 3: no better validation result for 2 epochs (best: epoch 1)"
    assert record["run"]["ended_early"] == words
    assert words in [event.get("message") for event in events]


def test_throughput_is_told_from_the_second_report_on(
    new_run: Prepare, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callbacks, "POLL", 0.0)
    monkeypatch.setattr(callbacks, "REPORT", 0.0)
    folder = new_run()
    worker.work(folder)
    speeds = [
        event["images_per_second"]
        for event in read_events(folder.metrics)
        if event["event"] == "pace"
    ]
    assert len(speeds) == 8 and speeds[0] is None
    assert all(speed > 0 for speed in speeds[1:])


def test_a_request_to_stop_ends_an_evaluation(new_run: Prepare) -> None:
    folder = new_run()
    signals = Signals()
    watching = Callbacks(
        folder,
        EventWriter(folder.metrics),
        Recorder(folder, "quick/digits"),
        signals,
        NoHeartbeat(),
        None,
    )
    watching.between()
    write_request(folder, "stop")
    watching._next_poll = 0.0
    with pytest.raises(StopTraining):
        watching.between()
    assert signals.stop


def test_a_worker_that_cannot_begin_says_why(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.path.mkdir()
    with caplog.at_level(logging.ERROR, logger="workbench"):
        assert worker.main([str(folder.path)]) == worker.FAILED
    assert str(folder.config) in caplog.text
