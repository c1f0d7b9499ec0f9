"""Real worker processes: signalled, killed, paused, starved of disk, started twice."""

import os
import pty
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.training.conftest import Prepare, training_events
from workbench.errors import RunError
from workbench.runs.live import launch
from workbench.runs.live.control import ask
from workbench.runs.live.launch import start_worker
from workbench.runs.live.process import start_mark
from workbench.runs.live.status import read_status
from workbench.runs.store.events import read_events
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.record import read_record

LONG = {"train__epochs": 100_000}  # more than any test waits for


def until(what: Callable[[], object], seconds: float = 60) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.05)


def steps(folder: RunFolder) -> int:
    return sum(event["event"] == "step" for event in read_events(folder.metrics))


def started(folder: RunFolder) -> int:
    """Start a worker and wait until it trains; gives its process id."""
    before = steps(folder)
    pid = start_worker(folder)
    until(lambda: steps(folder) > before)
    return pid


def gone(pid: int) -> bool:
    launch.reap()
    return start_mark(pid) == ""


def test_sigterm_saves_and_stops_and_a_kill_shows_as_crashed(new_run: Prepare) -> None:
    folder = new_run(**LONG)
    pid = started(folder)
    assert read_status(folder).name == "running"
    os.kill(pid, signal.SIGTERM)
    until(lambda: gone(pid), 20)
    record = read_record(folder.record)
    assert record["run"]["status"] == read_status(folder).name == "stopped"
    assert (folder.checkpoints / "last" / "weights.safetensors").exists()

    pid = started(folder)
    os.kill(pid, signal.SIGKILL)
    until(lambda: gone(pid), 20)
    now = read_status(folder)
    assert now.name == "crashed" and "gone" in now.reason
    assert read_record(folder.record)["run"]["status"] == "running"  # the file did not know
    seen = [e["step"] for e in training_events(folder) if e["event"] == "step"]
    assert seen == list(range(1, len(seen) + 1))


def test_pause_resume_stop_from_another_process_and_one_worker_only(new_run: Prepare) -> None:
    folder = new_run(**LONG)
    pid = started(folder)
    with pytest.raises(RunError, match="has a worker already"):
        start_worker(folder)
    second = [sys.executable, "-m", "workbench.training.worker", str(folder.path)]
    refused = subprocess.run(second, capture_output=True, text=True, check=False)
    assert refused.returncode == 1 and "has a worker already" in refused.stderr

    ask(folder, "pause")
    until(lambda: read_status(folder).name == "paused")
    # The pause is written before the status says so: nothing comes any more.
    at = steps(folder)
    time.sleep(0.5)
    assert steps(folder) == at
    assert launch.resume(folder) == "resumed"
    until(lambda: steps(folder) > at)
    ask(folder, "stop")
    until(lambda: gone(pid), 20)
    assert read_status(folder).name == "stopped"
    with pytest.raises(RunError, match="is stopped; there is no worker"):
        ask(folder, "pause")


def test_a_worker_started_by_hand_does_not_obey_what_an_earlier_one_was_asked(
    new_run: Prepare,
) -> None:
    folder = new_run(**LONG)
    pid = started(folder)
    ask(folder, "stop")
    until(lambda: gone(pid))
    assert folder.control.exists()
    at = steps(folder)

    by_hand = [sys.executable, "-m", "workbench.training.worker", str(folder.path)]
    worker = subprocess.Popen(by_hand, stderr=subprocess.DEVNULL)
    try:
        until(lambda: steps(folder) > at)
        ask(folder, "stop")
        assert worker.wait(60) == 0
    finally:
        worker.kill()
        worker.wait()
    assert read_status(folder).name == "stopped"


def test_a_second_signal_ends_it_at_once_with_a_valid_record(new_run: Prepare) -> None:
    folder = new_run(**LONG)
    pid = started(folder)
    os.kill(pid, signal.SIGSTOP)  # so that both are there when it goes on
    os.kill(pid, signal.SIGTERM)
    os.kill(pid, signal.SIGINT)
    os.kill(pid, signal.SIGCONT)
    until(lambda: gone(pid), 10)
    assert read_record(folder.record)["run"]["status"] == "stopped"


def test_a_lost_terminal_does_not_touch_the_run(new_run: Prepare) -> None:
    folder = new_run(**LONG)
    ours, theirs = pty.openpty()
    code = (
        "import signal, sys; from pathlib import Path;"
        "signal.signal(signal.SIGHUP, signal.SIG_DFL);"  # nohup's children ignore it
        "from workbench.runs.store.folder import RunFolder;"
        "from workbench.runs.live.launch import *;"
        "start_worker(RunFolder(Path(sys.argv[1]))); import time; time.sleep(600)"
    )
    command = [sys.executable, "-c", code, str(folder.path)]
    starter = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    until(lambda: steps(folder) > 0)
    os.close(ours)  # the line drops: the kernel hangs the terminal up
    os.killpg(starter.pid, signal.SIGHUP)
    starter.wait(10)
    at = steps(folder)
    until(lambda: steps(folder) > at)
    assert read_status(folder).name == "running"
    ask(folder, "stop")
    until(lambda: read_status(folder).name == "stopped")


def test_a_full_disk_fails_with_a_word_and_goes_on_from_where_it_was(
    new_run: Prepare, tmp_path: Path
) -> None:
    calm, full = new_run("calm", train__epochs=12), new_run("full", train__epochs=12)
    pid = start_worker(calm)
    until(lambda: gone(pid))

    def small_files() -> None:  # stands for a full disk: writing past this fails
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (9_000, resource.RLIM_INFINITY))

    command = [sys.executable, "-m", "workbench.training.worker", str(full.path)]
    with full.log.open("wb") as log:
        done = subprocess.run(command, stderr=log, preexec_fn=small_files, check=False)
    assert done.returncode == 1
    record = read_record(full.record)
    assert record["run"]["status"] == "failed"
    assert "metrics.jsonl" in record["error"]["message"]

    pid = start_worker(full)  # there is room again
    until(lambda: gone(pid))
    assert training_events(full) == training_events(calm)
    hashes = [read_record(f.record)["result"]["weights_sha256"] for f in (calm, full)]
    assert hashes[0] == hashes[1]


def test_a_worker_that_dies_before_its_first_line_is_crashed(new_run: Prepare) -> None:
    folder = new_run()
    folder.config.write_text("[model")
    pid = start_worker(folder)
    until(lambda: gone(pid))
    assert read_status(folder).name == "crashed"
    assert "config.toml: not valid TOML" in folder.log.read_text()


def test_a_folder_that_vanishes_ends_the_worker(new_run: Prepare, tmp_path: Path) -> None:
    folder = new_run(**LONG)
    pid = started(folder)
    folder.path.rename(tmp_path / "moved")
    until(lambda: gone(pid), 30)
    assert not folder.path.exists()
    assert "the run's folder is gone" in (tmp_path / "moved" / "worker.log").read_text()
