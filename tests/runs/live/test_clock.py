"""The clock of the file system that hosts share, and heartbeats of hosts whose clocks differ."""

import os
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from workbench.runs.live import clock
from workbench.runs.live.process import own_identity
from workbench.runs.live.status import read_status
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.record import write_record


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "_known", {})


def test_where_both_are_one_there_is_no_difference(tmp_path: Path) -> None:
    assert abs(clock.file_time(tmp_path) - time.time()) < 1


def test_where_nothing_can_be_written_this_host_s_clock_is_taken(tmp_path: Path) -> None:
    assert abs(clock.file_time(tmp_path / "none") - time.time()) < 1


def test_it_is_asked_once_a_minute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Path] = []
    monkeypatch.setattr(clock, "_ahead", lambda folder: asked.append(folder) or 0.0)
    for _ in range(100):
        clock.file_time(tmp_path)
    assert asked == [tmp_path]


@pytest.mark.parametrize(("beat", "status"), [(3.0, "running"), (60.0, "crashed")])
@pytest.mark.parametrize("ahead", [0.0, 600.0, -600.0])
def test_a_heartbeat_is_as_old_as_the_file_system_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ahead: float, beat: float, status: str
) -> None:
    """The server's clock is ahead of this host's, and so are the times of its files."""
    monkeypatch.setattr(clock, "_ahead", lambda _: ahead)
    folder = RunFolder(tmp_path / "run")
    folder.path.mkdir()
    worker = asdict(replace(own_identity(), host="node1"))
    worker["pid_started"] = worker.pop("started")
    write_record(folder.record, {"run": {"status": "running", **worker}})
    for file in (folder.heartbeat, folder.metrics):
        file.touch()
        then = time.time() + ahead - beat
        os.utime(file, (then, then))
    assert read_status(folder).name == status
