"""What a job does on its node, with a stand-in for the worker and for the scheduler."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import tomli
import tomli_w

from workbench.config.presets import load_preset
from workbench.errors import RunError
from workbench.runs.live import job as module
from workbench.runs.live.control import write_request
from workbench.runs.live.launch import prepare
from workbench.runs.places.job import Ending, Start
from workbench.runs.places.placed import read_begun
from workbench.runs.store.folder import RunFolder

# Writes a record as a worker does; waits for a stop, if it is to be asked for one.
WORKER = """
import sys, time, tomllib, pathlib
folder, status, code, waits = pathlib.Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
control = folder / "control.toml"
(folder / "began").touch()
until = time.monotonic() + 20
while waits == "waits" and time.monotonic() < until:
    if control.exists() and tomllib.loads(control.read_text())["wish"] == "stop":
        break
    time.sleep(0.02)
(folder / "record.toml").write_text(f'[run]\\nstatus = "{status}"\\n')
sys.exit(code)
"""


class Scheduler:
    """A scheduler that says of every job the same, and notes what it is asked."""

    def __init__(self) -> None:
        self.now: Ending = "running"
        self.requeued: list[str] = []
        self.refuses = False
        self.left: list[float] = []  # seconds that it has, each time it is asked

    def here(self) -> Start | None:
        job = os.environ.get("SLURM_JOB_ID", "")
        return Start(job, 2, ("node1",), 0) if job else None

    def seconds_left(self, job: str) -> float | None:
        return self.left.pop(0) if self.left else None

    def ending(self, start: Start) -> Ending:
        return self.now

    def requeue(self, job: str) -> None:
        if self.refuses:
            raise RunError("scontrol refused: Requested operation is presently disabled")
        self.requeued.append(job)


@pytest.fixture
def scheduler(monkeypatch: pytest.MonkeyPatch) -> Scheduler:
    stand_in = Scheduler()
    monkeypatch.setitem(module.SCHEDULERS, "slurm", stand_in)
    monkeypatch.setattr(module, "POLL", 0.02)
    monkeypatch.setenv("SLURM_JOB_ID", "12")
    monkeypatch.setenv("WORKBENCH_JOB_ID", "")
    return stand_in


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return prepare(load_preset("quick/digits"), tmp_path / "runs", "one")


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def will(status: str, code: int = 0, waits: str = "") -> None:
        def command(folder: RunFolder, *_: object) -> list[str]:
            return [sys.executable, "-c", WORKER, str(folder.path), status, str(code), waits]

        monkeypatch.setattr(module, "worker_command", command)

    return will


@pytest.fixture
def told(folder: RunFolder) -> Iterator[Callable[..., None]]:
    """Send this process, which is the job, SIGTERM once its worker has begun."""
    threads: list[threading.Thread] = []

    def begin(before: Callable[[], Any] = lambda: None) -> None:
        def wait() -> None:
            while not (folder.path / "began").exists():
                time.sleep(0.01)
            before()
            os.kill(os.getpid(), signal.SIGTERM)

        threads.append(threading.Thread(target=wait))
        threads[0].start()

    yield begin
    for thread in threads:
        thread.join()


def run(folder: RunFolder, *more: str) -> int:
    return module.main([str(folder.path), "--place", "gpu", "--kind", "slurm", *more])


def begun(folder: RunFolder) -> Any:
    found = read_begun(folder)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("status", "code", "wanted"),
    [("finished", 0, 0), ("stopped", 0, 0), ("failed", 1, 1), ("running", -9, 247)],
)
def test_the_job_ends_as_its_worker_does(
    scheduler: Scheduler,
    folder: RunFolder,
    worker: Callable[..., None],
    status: str,
    code: int,
    wanted: int,
) -> None:
    worker(status, code)
    assert run(folder, "--requeue") == wanted and scheduler.requeued == []
    launch = tomli.loads(folder.launch.read_text())
    assert launch["job"] == {
        "place": "gpu", "kind": "slurm", "id": "12", "restarts": 2, "nodes": ["node1"],
        "again": False, "known": True,
    }  # fmt: skip
    assert launch["pid"] > 0 and os.environ["WORKBENCH_JOB_ID"] == "12"


def test_told_to_end_it_saves_and_goes_back_to_the_queue(
    scheduler: Scheduler,
    folder: RunFolder,
    worker: Callable[..., None],
    told: Callable[..., None],
) -> None:
    worker("stopped", waits="waits")
    told()
    assert run(folder, "--requeue") == 0
    assert scheduler.requeued == ["12"] and begun(folder).again
    assert not folder.control.exists()  # the next start is not asked to stop


def test_its_time_is_nearly_over(
    scheduler: Scheduler, folder: RunFolder, worker: Callable[..., None]
) -> None:
    """No signal comes: SLURM sends it once, to the first start of a job."""
    worker("stopped", waits="waits")
    scheduler.left = [30.5, 31.0, 29.0]  # given more when it was due; then no more
    before = time.monotonic()
    assert run(folder, "--requeue", "--warning", "30") == 0
    assert 1.4 < time.monotonic() - before < 10 and scheduler.requeued == ["12"]


def test_out_of_time_it_goes_back_too(
    scheduler: Scheduler,
    folder: RunFolder,
    worker: Callable[..., None],
    told: Callable[..., None],
) -> None:
    worker("stopped", waits="waits")
    told()
    scheduler.now = "scheduler"
    assert run(folder, "--requeue") == 0 and scheduler.requeued == ["12"]


def test_a_paused_one_is_paused_when_it_comes_back(
    scheduler: Scheduler,
    folder: RunFolder,
    worker: Callable[..., None],
    told: Callable[..., None],
) -> None:
    worker("stopped", waits="waits")
    told(lambda: write_request(folder, "pause"))
    assert run(folder, "--requeue") == 0 and scheduler.requeued == ["12"]
    assert tomli.loads(folder.control.read_text())["wish"] == "pause"


@pytest.mark.parametrize("how", ["no requeue", "cancelled", "refused"])
def test_what_does_not_go_back_says_so(
    scheduler: Scheduler,
    folder: RunFolder,
    worker: Callable[..., None],
    told: Callable[..., None],
    how: str,
) -> None:
    worker("stopped", waits="waits")
    told()
    if how == "cancelled":
        scheduler.now = "cancelled"
    scheduler.refuses = how == "refused"
    status = run(folder, *(() if how == "no requeue" else ("--requeue",)))
    assert status == 143 and scheduler.requeued == []
    assert not begun(folder).again and not folder.control.exists()


def test_preempted_it_is_on_its_way_already(
    scheduler: Scheduler,
    folder: RunFolder,
    worker: Callable[..., None],
    told: Callable[..., None],
) -> None:
    worker("stopped", waits="waits")
    told()
    scheduler.now = "back"
    assert run(folder, "--requeue") == 0
    assert scheduler.requeued == [] and begun(folder).again


def test_a_person_s_stop_is_no_reason_to_go_on(
    scheduler: Scheduler,
    folder: RunFolder,
    worker: Callable[..., None],
    told: Callable[..., None],
) -> None:
    worker("stopped", waits="waits")
    told(lambda: write_request(folder, "stop"))
    assert run(folder, "--requeue") == 0 and scheduler.requeued == []
    assert not begun(folder).again


def test_finished_at_the_last_moment_it_is_finished(
    scheduler: Scheduler,
    folder: RunFolder,
    worker: Callable[..., None],
    told: Callable[..., None],
) -> None:
    worker("finished", waits="waits")
    told()
    assert run(folder, "--requeue") == 0 and scheduler.requeued == []
    assert not begun(folder).again


def test_what_an_earlier_start_asked_is_forgotten_a_person_s_request_is_not(
    scheduler: Scheduler, folder: RunFolder, worker: Callable[..., None]
) -> None:
    worker("stopped", waits="waits")
    folder.control.write_text(tomli_w.dumps({"wish": "stop", "by": "scheduler"}))
    threading.Timer(1.0, lambda: write_request(folder, "stop")).start()
    before = time.monotonic()
    assert run(folder, "--requeue") == 0 and time.monotonic() - before > 0.9
    assert run(folder, "--requeue") == 0  # the person's is there still


def test_outside_of_a_job_it_is_refused(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    assert run(folder) == 2 and "no job of slurm" in capsys.readouterr().err
