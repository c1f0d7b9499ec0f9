"""A worker that is suspended by a signal, and one that is merely slow: what counts as training."""

import signal
import threading
import time

import psutil
import pytest

from tests.training.conftest import Prepare
from tests.training.worker.test_worker_process import LONG, gone, started, until
from workbench.runs.live.control import ask
from workbench.runs.store.events import Event, read_events
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.record import read_record
from workbench.training.loop.trainer import Clock
from workbench.training.worker.suspension import GAP, AwakeClock, take_continued

ROUNDED = 0.05  # seconds: events' times are given to a thousandth, and there are some of them


class Machine:
    """A clock that is set by hand, and a SIGCONT that waits to be taken."""

    def __init__(self) -> None:
        self.time, self.sent = 100.0, False
        self.clock = AwakeClock(lambda: self.time, self._take)

    def _take(self) -> bool:
        sent, self.sent = self.sent, False
        return sent

    def run(self, seconds: float) -> None:
        """Pass time, and look at the end of it."""
        self.time += seconds
        self.clock.check()

    def suspend(self, seconds: float) -> None:
        """Be suspended; nobody looks."""
        self.time += seconds
        self.sent = True


@pytest.mark.parametrize("seconds", [1.0, 3600.0])
def test_a_suspension_is_left_out(seconds: float) -> None:
    machine = Machine()
    machine.run(0.1)
    before = machine.clock.now()
    machine.suspend(seconds)
    machine.clock.check()
    assert machine.clock.suspended == pytest.approx(seconds)
    assert machine.clock.now() == pytest.approx(before)
    machine.run(0.1)
    assert machine.clock.now() == pytest.approx(before + 0.1)


def test_a_gap_without_the_signal_counts_in_full() -> None:
    machine = Machine()
    before = machine.clock.now()
    machine.run(120.0)  # a machine so busy, or a call so long, that nobody could look
    assert machine.clock.suspended == 0
    assert machine.clock.now() == pytest.approx(before + 120.0)


def test_the_signal_without_a_gap_leaves_nothing_out_and_is_not_kept_for_later() -> None:
    machine = Machine()
    machine.sent = True  # to a process that runs, as a scheduler sends it before SIGTERM
    machine.run(0.1)
    machine.run(60.0)
    assert machine.clock.suspended == 0


def test_a_signal_that_comes_while_it_looks_is_seen() -> None:
    """Suspended between the question for the signal and the look at the clock."""
    machine = Machine()
    answers = iter([False, True])
    clock = AwakeClock(lambda: machine.time, lambda: next(answers))
    machine.time += 50.0
    clock.check()
    assert clock.suspended == pytest.approx(50.0)


def test_what_was_awake_before_a_suspension_counts_and_the_clock_never_goes_back() -> None:
    machine = Machine()
    machine.run(0.0)
    machine.time += GAP / 2
    before = machine.clock.now()  # who reads the clock is awake
    machine.suspend(10.0)
    machine.clock.check()
    assert machine.clock.now() == pytest.approx(before)


def test_the_time_of_training_follows_the_clock_it_is_given() -> None:
    machine = Machine()
    clock = Clock(5.0, machine.clock.now)
    machine.run(0.2)
    machine.suspend(30.0)
    machine.clock.check()
    machine.run(0.2)
    assert clock.seconds == pytest.approx(5.4)


def test_a_real_signal_is_found_once_and_the_mask_is_given_back() -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    with AwakeClock(continued=lambda: False):
        assert not take_continued()
        signal.pthread_kill(threading.get_ident(), signal.SIGCONT)
        assert take_continued()
        assert not take_continued()
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before


def told(folder: RunFolder, kind: str) -> list[Event]:
    return [event for event in read_events(folder.metrics) if event["event"] == kind]


def notices(folder: RunFolder) -> list[str]:
    return [event["message"] for event in told(folder, "notice")]


def one_more(folder: RunFolder, kind: str) -> None:
    """Wait until the worker writes another event of a kind."""
    seen = len(told(folder, kind))
    until(lambda: len(told(folder, kind)) > seen)


def suspend(process: psutil.Process, seconds: float) -> float:
    """Suspend a process; gives how long it was so for certain."""
    process.send_signal(signal.SIGSTOP)
    until(lambda: process.status() == psutil.STATUS_STOPPED)
    began = time.monotonic()
    time.sleep(seconds)
    ended = time.monotonic()
    process.send_signal(signal.SIGCONT)
    return ended - began


def test_a_worker_that_was_suspended_does_not_count_it(new_run: Prepare) -> None:
    folder = new_run(**LONG)
    first = started(folder)
    ask(folder, "stop")
    until(lambda: gone(first))

    process = psutil.Process(started(folder))  # goes on from a checkpoint, its time too
    one_more(folder, "pace")
    one_more(folder, "epoch")
    process.send_signal(signal.SIGCONT)  # it runs: this says nothing
    before, rows_before = told(folder, "pace")[-1], told(folder, "epoch")
    one_more(folder, "pace")
    assert not notices(folder)

    suspended = suspend(process, 2.0)
    until(lambda: notices(folder))
    one_more(folder, "pace")
    one_more(folder, "epoch")
    ask(folder, "stop")
    until(lambda: gone(process.pid))

    (notice,) = notices(folder)
    assert notice.startswith("the worker was suspended for ")
    assert notice.endswith("which is not counted as training")
    after, rows = told(folder, "pace")[-1], told(folder, "epoch")
    passed = after["time"] - before["time"]
    assert 0 < after["seconds"] - before["seconds"] <= passed - suspended + ROUNDED
    trained = sum(row["seconds"] for row in rows[len(rows_before) :])
    assert trained <= rows[-1]["time"] - rows_before[-1]["time"] - suspended + ROUNDED
    total = read_record(folder.record)["run"]["seconds"]
    assert total >= sum(row["seconds"] for row in rows) - ROUNDED
