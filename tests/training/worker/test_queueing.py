"""A worker that waits: what it tells, what it holds meanwhile, and what ends the wait."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.training.conftest import Prepare
from workbench.runs.live.control import Request, write_request
from workbench.runs.live.slots import Queue, Slot
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.record import read_record
from workbench.training.worker import main as worker
from workbench.training.worker import queueing
from workbench.training.worker.callbacks import Callbacks
from workbench.training.worker.queueing import wait_to_train

WHOLE = Queue("cpu", ("core-0", "core-1"), 2)
numbers = itertools.count()


def whole() -> Slot:
    """Another run of all cores."""
    return Slot(WHOLE, Path(f"/runs/{next(numbers)}"))


class Wishes:
    """What is asked, look by look."""

    def __init__(self, *requests: Request | None) -> None:
        self._requests: Iterator[Request | None] = iter(requests)

    def read(self) -> Request | None:
        return next(self._requests)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queueing, "POLL", 0.0)


@pytest.fixture
def told() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def other() -> Iterator[Slot]:
    """A run that holds all places."""
    slot = whole()
    assert slot.try_take()
    yield slot
    slot.release()


def wait(
    slot: Slot, told: list[tuple[str, str]], *requests: Request | None, request: Request = "run"
) -> bool:
    def tell(status: str, message: str = "") -> None:
        told.append((status, message))

    return wait_to_train(slot, Wishes(None, *requests), tell, lambda: False, request=request)  # type: ignore[arg-type]


def test_nothing_is_told_where_nothing_is_waited_for(told: list[tuple[str, str]]) -> None:
    slot = whole()
    assert wait(slot, told)
    assert told == []
    slot.release()


def test_a_queue_is_told_once_and_a_stop_ends_it(other: Slot, told: list[tuple[str, str]]) -> None:
    assert not wait(whole(), told, None, None, "stop")
    ((status, message),) = told
    assert status == "queued" and message.startswith("waiting for 2 free cores of 2")


def test_a_paused_run_lets_another_train_and_stands_in_line_again(
    told: list[tuple[str, str]],
) -> None:
    first, second = whole(), whole()
    assert first.try_take()

    class Asked(Wishes):
        looks = 0

        def read(self) -> Request | None:
            self.looks += 1
            if self.looks == 2:
                assert second.try_take()  # the paused one has given its cores back
            if self.looks == 5:
                second.release()
            return super().read()

    def tell(status: str, message: str = "") -> None:
        told.append((status, message))

    asked = Asked(None, None, "run", None, None)
    assert wait_to_train(first, asked, tell, lambda: False, request="pause")  # type: ignore[arg-type]
    assert [status for status, _ in told] == ["paused", "queued", "running"]
    first.release()


def test_who_is_paused_in_the_queue_leaves_it(other: Slot, told: list[tuple[str, str]]) -> None:
    slot, third = whole(), whole()
    assert not wait(slot, told, "pause", None, "stop")
    assert [status for status, _ in told] == ["queued", "paused"]
    other.release()
    assert third.try_take()
    third.release()


def test_a_run_that_is_paused_while_it_trains_gives_its_places_back(
    new_run: Prepare, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder: RunFolder = new_run()
    real, taken = Callbacks.step_done, []

    def step_done(self: Callbacks, trainer: object, losses: object, lr: float) -> None:
        if not taken:
            write_request(self.folder, "pause")
            self._next_poll = 0.0
        real(self, trainer, losses, lr)  # type: ignore[arg-type]

    def look() -> None:
        slot = whole()
        taken.append(slot.try_take())
        slot.release()
        write_request(folder, "run")

    monkeypatch.setenv("WORKBENCH_JOBS", "")
    monkeypatch.setattr("workbench.runs.live.slots._cores", lambda: [0, 1])
    monkeypatch.setattr(Callbacks, "step_done", step_done)
    asleep = SimpleNamespace(sleep=lambda _: look() if not taken else None)
    monkeypatch.setattr(queueing, "time", asleep)  # of that module alone: other threads sleep too
    worker.work(folder)
    assert taken == [True]
    assert read_record(folder.record)["run"]["status"] == "finished"
