"""Runs of two processes by the real worker: killed, hung, paused, stopped, started by hand."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.api import make
from workbench.config.presets import load_preset
from workbench.runs.live.control import ask
from workbench.runs.live.launch import resume, start_worker
from workbench.runs.live.status import read_status
from workbench.runs.store.folder import RunFolder, runs_root
from workbench.runs.store.record import read_record

TWO = {
    "model.width": 4,
    "train.threads": 1,
    "train.precision": "float32",
    "train.batch_size": 16,
    "train.devices": 2,
    "train.parts": 2,
    "train.checkpoint_minutes": 0.005,
}
LONG = {**TWO, "train.epochs": 400}


@pytest.fixture(autouse=True)
def places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_JOBS", "4")


@pytest.fixture
def started() -> Iterator[list[RunFolder]]:
    """Runs whose workers are ended after the test, whatever it found."""
    folders: list[RunFolder] = []
    yield folders
    for folder in folders:
        for path in folder.path.glob("processes/rank-*.json"):
            end(int(json.loads(path.read_text())["pid"]))
        launched = folder.launch.read_text() if folder.launch.exists() else ""
        for line in launched.splitlines():
            if line.startswith("pid ="):
                end(int(line.partition("=")[2]))


def end(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def new(**changes: Any) -> RunFolder:
    return make(load_preset("quick/digits", {**LONG, **changes}), runs_root())


def wait(what: Callable[[], bool], seconds: float = 60) -> float:
    """Seconds until it is so."""
    began = time.monotonic()
    while not what():
        assert time.monotonic() - began < seconds
        time.sleep(0.05)
    return time.monotonic() - began


def steps(folder: RunFolder) -> int:
    try:
        return folder.metrics.read_bytes().count(b'"event":"step"')
    except FileNotFoundError:
        return 0


def trains(folder: RunFolder, more: int = 20) -> None:
    """Wait until it has trained some steps."""
    before = steps(folder)
    wait(lambda: steps(folder) >= before + more)


def ended(folder: RunFolder, seconds: float = 60) -> float:
    return wait(lambda: not read_status(folder).is_live, seconds)


def process(folder: RunFolder, rank: int) -> int:
    return int(json.loads((folder.path / f"processes/rank-{rank}.json").read_text())["pid"])


def nobody_is_left(folder: RunFolder) -> bool:
    found = subprocess.run(["pgrep", "-f", str(folder.path)], capture_output=True, check=False)
    return not found.stdout


def weights(folder: RunFolder) -> str:
    return str(read_record(folder.record)["result"]["weights_sha256"])


def test_killed_and_resumed_it_comes_to_the_bits_of_one_process(started: list[RunFolder]) -> None:
    alone = new(**{"train.epochs": 6, "train.devices": 1})
    start_worker(alone)
    folder = new(**{"train.epochs": 6})
    started += [alone, folder]
    start_worker(folder)
    trains(folder)
    victim = process(folder, 1)
    os.kill(victim, signal.SIGKILL)
    assert ended(folder) < 10
    status = read_status(folder)
    assert status.name == "crashed"
    assert "process 1 of 2" in status.reason and str(victim) in status.reason
    wait(lambda: nobody_is_left(folder))
    resume(folder)
    wait(lambda: read_status(folder).name == "finished")
    ended(alone)
    assert weights(folder) == weights(alone)
    record = read_record(folder.record)
    assert record["environment"]["processes"] == 2 and record["environment"]["parts"] == 2
    assert "not_exact" not in record["environment"]
    ours, theirs = epochs(folder), epochs(alone)
    assert [row["val_loss"] for row in ours] == [row["val_loss"] for row in theirs]
    assert [row["train_loss"] for row in ours] == [row["train_loss"] for row in theirs]


def epochs(folder: RunFolder) -> list[dict[str, Any]]:
    rows = map(json.loads, folder.metrics.read_text().splitlines())
    return [row for row in rows if row["event"] == "epoch"]


def test_a_process_that_hangs_ends_the_run_and_is_named(started: list[RunFolder]) -> None:
    folder = new()
    started.append(folder)
    start_worker(folder)
    trains(folder)
    os.kill(process(folder, 1), signal.SIGSTOP)
    assert ended(folder) < 15  # ten on a machine that does nothing else
    assert "process 1 of 2" in read_status(folder).reason
    assert "no sign of life" in read_status(folder).reason
    wait(lambda: nobody_is_left(folder))


def test_a_pause_frees_the_processes_and_a_stop_ends_them(started: list[RunFolder]) -> None:
    folder = new()
    started.append(folder)
    start_worker(folder)
    trains(folder)
    before = process(folder, 0)
    ask(folder, "pause")
    wait(lambda: read_status(folder).name == "paused")
    assert not Path(f"/proc/{before}").exists()
    resume(folder)
    trains(folder)
    assert process(folder, 0) != before
    ask(folder, "stop")
    ended(folder)
    assert read_status(folder).name == "stopped"
    wait(lambda: nobody_is_left(folder))
    # Of every step once, whatever was repeated from a checkpoint.
    rows = map(json.loads, folder.metrics.read_text().splitlines())
    seen = [row["step"] for row in rows if row["event"] == "step"]
    assert seen == list(range(1, len(seen) + 1))


def test_without_its_worker_no_process_stays(started: list[RunFolder]) -> None:
    folder = new()
    started.append(folder)
    worker = start_worker(folder)
    trains(folder)
    os.kill(worker, signal.SIGKILL)
    wait(lambda: nobody_is_left(folder), 20)
    assert read_status(folder).name == "crashed"


def test_an_error_of_one_process_is_the_runs_error(started: list[RunFolder]) -> None:
    folder = new(**{"optimizer.kind": "sgd", "optimizer.lr": 100.0, "schedule.warmup": 0})
    started.append(folder)
    start_worker(folder)
    ended(folder)
    record = read_record(folder.record)
    assert record["run"]["status"] == "failed"
    assert "the loss is not finite at step" in record["error"]["message"]
    wait(lambda: nobody_is_left(folder))


def by_hand(folder: RunFolder, processes: int) -> "subprocess.CompletedProcess[str]":
    command = [
        *(sys.executable, "-m", "torch.distributed.run", "--standalone"),
        *("--nproc-per-node", str(processes), "-m", "workbench.training.worker", str(folder.path)),
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)


def test_started_by_hand_with_another_number_of_processes(started: list[RunFolder]) -> None:
    alone = new(**{"train.epochs": 2, "train.devices": 1})
    started.append(alone)
    start_worker(alone)
    folder = new(**{"train.epochs": 2, "train.devices": 1})
    done = by_hand(folder, 2)
    assert done.returncode == 0, done.stderr
    ended(alone)
    assert read_status(folder).name == "finished"
    assert read_record(folder.record)["environment"]["processes"] == 2
    assert weights(folder) == weights(alone)


def test_who_never_comes_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from torch.distributed import TCPStore

    from workbench.errors import RunError
    from workbench.training.distributed.peers import Peers

    store = TCPStore("127.0.0.1", 0, is_master=True)
    with pytest.raises(RunError, match=r"process 1, 2 of 3 .* has not come within 0 s"):
        Peers(store, 0, 3).await_all(0.1)
