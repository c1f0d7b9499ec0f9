"""Watching and controlling live runs: what is said, what signals do, which status is left."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from tests.cli.conftest import Scripted, Workbench
from workbench.cli.console.watching import watch
from workbench.runs.history.run_info import read_run
from workbench.runs.live.status import read_status
from workbench.runs.store.folder import RunFolder

WATCH = "import sys; from pathlib import Path; from workbench.cli.console.watching import watch; \
from workbench.runs.store.folder import RunFolder; \
sys.exit(watch(RunFolder(Path(sys.argv[1])), json_document=False))"


def status_of(folder: RunFolder) -> str:
    return read_status(folder).name


def eventually(condition: Callable[[], bool]) -> None:
    """Wait until it is so; the test's own time limit is the only other end."""
    while not condition():
        time.sleep(0.02)


def test_a_run_that_finishes(scripted: Scripted, capfd: pytest.CaptureFixture[str]) -> None:
    folder = scripted("finish")
    assert watch(folder, json_document=False) == 0
    out, err = capfd.readouterr()
    assert out == ""
    lines = err.splitlines()
    epochs = [line for line in lines if line.startswith("epoch")]
    assert len(epochs) == 3 and epochs[0].startswith("epoch 1/3  loss 0.5")
    assert "75.0 % (3/4)" in lines[-2]
    assert lines[-1].startswith(f"run {folder.id} finished in 1.5s: test 75.0 %")
    assert "\x1b" not in err  # neither ours, off a terminal, nor the one in the event


@pytest.mark.parametrize(
    ("how", "why"), [("fail", "the loss is not finite"), ("crash", "a library fell over")]
)
def test_a_run_that_ends_badly(
    scripted: Scripted, capfd: pytest.CaptureFixture[str], how: str, why: str
) -> None:
    assert watch(scripted(how), json_document=False) == 1
    last = capfd.readouterr().err.splitlines()[-1]
    assert last.startswith("workbench: run run-0") and why in last


def test_a_run_that_is_stopped_from_elsewhere(
    scripted: Scripted, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = scripted("until asked")
    ask = [sys.executable, "-m", "workbench", "stop", str(folder.path)]
    eventually(lambda: status_of(folder) == "running")
    other = subprocess.Popen(ask, stderr=subprocess.PIPE)
    assert watch(folder, json_document=True) == 130
    assert other.wait() == 0
    out, err = capfd.readouterr()
    assert '"status": "stopped"' in out
    assert "was stopped" in err.splitlines()[-1]


def test_stop_pause_resume(scripted: Scripted, workbench: Workbench) -> None:
    folder = scripted("until asked")
    runs = ("--runs-dir", folder.path.parent)
    eventually(lambda: status_of(folder) == "running")
    paused = workbench("pause", folder.id, *runs, "--json")
    assert paused.status == 0
    assert paused.document == {"id": folder.id, "asked": "pause", "status": "paused"}
    resumed = workbench("resume", "run", *runs)  # a unique prefix will do
    assert resumed.status == 0 and "goes on" in resumed.err
    eventually(lambda: status_of(folder) == "running")
    stopped = workbench("stop", folder.id, *runs)
    assert (stopped.status, stopped.out) == (0, "")
    assert status_of(folder) == "stopped"
    again = workbench("stop", folder.id, *runs)
    assert again.status == 1 and "no worker to stop" in again.err and again.err.count("\n") == 1


def test_stopping_a_run_that_has_crashed(scripted: Scripted, workbench: Workbench) -> None:
    folder = scripted("crash")
    eventually(lambda: status_of(folder) == "crashed")
    result = workbench("stop", folder.path)
    assert result.status == 1 and "is crashed" in result.err


class Watcher:
    """``watch`` in a process of its own, on a terminal of its own."""

    def __init__(self, folder: RunFolder) -> None:
        self.terminal, theirs = pty.openpty()
        self.child = subprocess.Popen(
            [sys.executable, "-c", WATCH, str(folder.path)],
            stdin=theirs,
            stderr=theirs,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "70"},
        )
        os.close(theirs)
        self.seen = ""

    def until(self, text: str) -> None:
        """Read the terminal until it has shown ``text``."""
        while text not in self.seen:
            select.select([self.terminal], [], [])
            try:
                self.seen += os.read(self.terminal, 4096).decode()
            except OSError:  # the other end is closed
                break
        assert text in self.seen


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_stops_the_run_and_waits(scripted: Scripted, number: int) -> None:
    folder = scripted("until asked")
    watcher = Watcher(folder)
    watcher.until("epoch 1/3")
    watcher.child.send_signal(number)
    watcher.until("goes on from its checkpoint")
    assert watcher.child.wait() == 130
    assert status_of(folder) == "stopped"
    shown = [re.sub(r"\x1b\[K", "", line) for line in re.split(r"[\r\n]+", watcher.seen)]
    assert max(map(len, shown[:-2])) <= 70  # the line that is rewritten fits


def test_the_second_signal_leaves_at_once(scripted: Scripted) -> None:
    folder = scripted("until asked")
    watcher = Watcher(folder)
    watcher.until("epoch 1/3")
    os.kill(read_run(folder).value("run", "pid"), signal.SIGSTOP)  # a worker that is slow to end
    watcher.child.send_signal(signal.SIGINT)
    watcher.until("ctrl-C again")
    watcher.child.send_signal(signal.SIGINT)
    watcher.until("has been told to stop")
    assert watcher.child.wait() == 130
    assert status_of(folder) == "running"


def test_a_lost_terminal_leaves_the_run_alone(scripted: Scripted) -> None:
    folder = scripted("until asked")
    watcher = Watcher(folder)
    watcher.until("epoch 1/3")
    watcher.child.send_signal(signal.SIGHUP)
    os.close(watcher.terminal)
    assert watcher.child.wait() == 130
    assert status_of(folder) == "running" and not folder.control.exists()
