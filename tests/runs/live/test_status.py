"""The status that is true now: dead workers, recycled ids, reboots, other hosts."""

import os
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from workbench.runs.live import status
from workbench.runs.live.launch import write_launch
from workbench.runs.live.process import ProcessIdentity, own_identity
from workbench.runs.live.status import read_status
from workbench.runs.places.job import JobState
from workbench.runs.places.placed import Begun, read_begun, sent
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.record import write_record

ME = own_identity()
GONE = replace(ME, pid=2**22 - 3, started="1")


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    path = tmp_path / "run"
    path.mkdir()
    return RunFolder(path)


def tell(folder: RunFolder, told: str, worker: ProcessIdentity = ME) -> None:
    """Write a record as that worker would."""
    table: dict[str, Any] = asdict(worker)
    table["pid_started"] = table.pop("started")
    write_record(folder.record, {"run": {"status": told, **table}})


@pytest.mark.parametrize("told", ["running", "paused", "queued"])
def test_a_living_worker_is_believed(folder: RunFolder, told: str) -> None:
    tell(folder, told)
    assert read_status(folder).name == told


@pytest.mark.parametrize("told", ["finished", "stopped", "failed"])
def test_an_end_is_believed_of_a_dead_worker(folder: RunFolder, told: str) -> None:
    tell(folder, told, GONE)
    assert read_status(folder).name == told


@pytest.mark.parametrize(
    "worker",
    [
        GONE,
        replace(ME, started=str(int(ME.started) - 1)),  # the id was given to another process
        replace(ME, boot="11111111-2222-3333-4444-555555555555"),  # the machine was started anew
    ],
    ids=["gone", "recycled", "rebooted"],
)
def test_running_without_its_worker_is_crashed(folder: RunFolder, worker: Any) -> None:
    tell(folder, "running", worker)
    now = read_status(folder)
    assert now.name == "crashed" and str(worker.pid) in now.reason


def test_a_zombie_is_dead(folder: RunFolder) -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    identity = ProcessIdentity.of(child)
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)  # it has ended, and stays a zombie
    alive = replace(identity, started=identity.started or "1").is_alive()
    os.waitpid(child, 0)
    assert not alive


def test_a_clock_that_jumps_changes_nothing(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.metrics.touch()
    tell(folder, "running")
    monkeypatch.setattr(time, "time", lambda: 4e9)
    assert read_status(folder).name in ("running", "stalled")  # never crashed: the process lives


def test_another_host_is_judged_by_its_heartbeat(folder: RunFolder) -> None:
    tell(folder, "running", replace(ME, host="elsewhere"))
    assert read_status(folder).name == "crashed"
    folder.heartbeat.touch()
    folder.metrics.touch()
    assert read_status(folder).name == "running"
    old = time.time() - 2 * status.SILENCE
    os.utime(folder.heartbeat, (old, old))
    now = read_status(folder)
    assert now.name == "crashed" and "elsewhere" in now.reason


def test_alive_without_progress_is_stalled(folder: RunFolder) -> None:
    tell(folder, "running")
    folder.metrics.touch()
    old = time.time() - 2 * status.STALL
    os.utime(folder.metrics, (old, old))
    assert read_status(folder).name == "stalled"


def test_launched_but_silent_is_starting_then_crashed(folder: RunFolder) -> None:
    write_launch(folder, ME)
    assert read_status(folder).name == "starting"
    write_launch(folder, GONE)
    assert read_status(folder).name == "crashed"


def test_an_ended_run_with_a_new_worker_is_starting(folder: RunFolder) -> None:
    tell(folder, "stopped", GONE)
    write_launch(folder, ME)
    assert read_status(folder).name == "starting"


def test_a_record_that_is_no_toml_is_no_end(folder: RunFolder) -> None:
    folder.record.write_text("[run\nstatus = finished")
    assert read_status(folder).name == "crashed"


def test_a_job_that_starts_the_worker_meanwhile(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two readings it comes back to its node: it is not stopped for a moment."""
    job = replace(sent("gpu", "slurm", "12", {}), submitted=0.0)
    job.write(folder)
    tell(folder, "stopped", GONE)
    gone_back = Begun("gpu", "slurm", "12", 0, ("node1",), again=True)
    here_again = Begun("gpu", "slurm", "12", 1, ("node1",))

    def launch(worker: ProcessIdentity, begun: Begun) -> None:
        folder.launch.write_text(tomli_w.dumps({**worker.as_table(), "job": begun.as_table()}))

    def read(path: RunFolder) -> Begun | None:
        found = read_begun(path)
        launch(ME, here_again)
        return found

    launch(GONE, gone_back)
    monkeypatch.setattr(status, "read_begun", read)
    assert read_status(folder).name == "starting"


@pytest.mark.parametrize("told", ["finished", "failed"])
def test_an_end_at_a_place_needs_no_scheduler(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch, told: str
) -> None:
    def ask(_: object) -> None:
        raise AssertionError("it was asked")

    monkeypatch.setattr("workbench.runs.places.placed.Placed.state", ask)
    sent("gpu", "slurm", "12", {}).write(folder)
    tell(folder, told, GONE)
    begun = Begun("gpu", "slurm", "12", 0, ("node1",))
    folder.launch.write_text(tomli_w.dumps({**GONE.as_table(), "job": begun.as_table()}))
    now = read_status(folder)
    assert (now.name, now.passing) == (told, False)


@pytest.mark.parametrize(
    ("phase", "told", "passing"),
    [("running", "running", True), ("unknown", "running", False), ("silent", "stopped", False)],
)
def test_what_a_list_has_to_look_at_again(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch, phase: Any, told: str, passing: bool
) -> None:
    """A node that died is noticed by the scheduler later: no file of the run changes then."""
    monkeypatch.setattr(
        "workbench.runs.places.placed.Placed.state", lambda _: JobState(phase, "", "node1")
    )
    sent("gpu", "slurm", "12", {}).write(folder)
    tell(folder, told, GONE)
    begun = Begun("gpu", "slurm", "12", 0, ("node1",))
    folder.launch.write_text(tomli_w.dumps({**GONE.as_table(), "job": begun.as_table()}))
    assert read_status(folder).passing == passing


def test_what_a_queued_run_waits_for_is_short_in_lists() -> None:
    assert status.status_words("queued", "3rd in line") == "queued, 3rd"
    assert status.status_words("queued", "Resources") == "queued, Resources"
    long = "Nodes required for job are DOWN, DRAINED or reserved for jobs"
    assert status.status_words("queued", long) == "queued, Nodes required for job are DOWN…"
    assert status.status_words("running", "Resources") == "running"
