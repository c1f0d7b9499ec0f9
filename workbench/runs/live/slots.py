"""Places to train on each device, which limit how many runs train at once.

A place is a lock file of this user on this machine; a worker holds its places while it trains,
and the system frees them with the process. The first in line takes free places
(:mod:`workbench.runs.live.line`).

On a CPU the places are its cores, and a run takes as many as it has threads: two runs on the same
cores take many times as long together as one after the other. On a GPU, and on a CPU where
``$WORKBENCH_JOBS`` is set, the places are numbered and a run takes one.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout

from workbench.config.sections.train import TrainConfig
from workbench.errors import RequestError
from workbench.runs.live import line
from workbench.runs.live.line import Ticket
from workbench.system.gpus import why_no_cuda

DEFAULT_LIMIT = 4  # runs at a time on one GPU; $WORKBENCH_JOBS says otherwise


@dataclass(frozen=True)
class Queue:
    """A device's queue, and the places that a run needs there."""

    name: str  # cpu or cuda-N
    places: tuple[str, ...]
    need: int  # of the places, all at once

    @property
    def wanted(self) -> str:
        """What a run waits for, in words."""
        if self.places[0].startswith("core"):
            cores = f"{self.need} free core{'s' * (self.need > 1)} of {len(self.places)}"
            return f"{cores} (train.threads asks for fewer)" if self.need > 1 else cores
        return f"a place on {self.name}"


def slot_for(train: TrainConfig, processes: int, run: Path) -> "Slot | Slots":
    """The places of a run of so many processes: on a CPU cores for each, else as many GPUs."""
    first = queue_for(train.device, train.threads, processes)
    if processes == 1 or first.name == "cpu":
        return Slot(first, run)
    return Slots([Slot(queue_for(f"cuda:{number}"), run) for number in range(processes)])


def threads_each(train: TrainConfig, processes: int) -> int:
    """CPU threads of each of several processes: as configured, else their share of the cores."""
    return train.threads or max(1, (_usual_threads() or len(_cores())) // processes)


def queue_for(device: str, threads: int = 0, processes: int = 1) -> Queue:
    """The queue of a configured device (``auto``, ``cpu``, ``cuda``, ``cuda:N``).

    ``threads`` is the configuration's, of each of the ``processes``: 0 for all cores.
    """
    if device == "auto":
        device = "cpu" if why_no_cuda("cuda") else "cuda:0"
    name = "cuda-0" if device == "cuda" else device.replace(":", "-")
    if name == "cpu" and not os.environ.get("WORKBENCH_JOBS"):
        cores = _cores()
        need = min(threads * processes or _usual_threads() or len(cores), len(cores))
        return Queue(name, tuple(f"core-{core}" for core in cores), need)
    return Queue(name, tuple(map(str, range(limit()))), 1)


def limit() -> int:
    """How many runs may train at once on one device, where places are numbered."""
    given = os.environ.get("WORKBENCH_JOBS", "")
    if not given:
        return DEFAULT_LIMIT
    if not given.isdigit() or int(given) < 1:
        raise RequestError(f"WORKBENCH_JOBS={given!r}: must be a whole number from 1")
    return int(given)


class Places(Protocol):
    """What a run waits for before it trains."""

    @property
    def wanted(self) -> str:
        """What it is, in words."""

    def try_take(self) -> bool:
        """True once it has it."""

    def release(self) -> None:
        """Give it back."""


class Slot:
    """A run's places on a device, taken together once it is first in line."""

    def __init__(self, queue: Queue, run: Path) -> None:
        self.queue, self.run = queue, run
        self._ticket: Ticket | None = None
        self._held: dict[str, FileLock] = {}

    @property
    def wanted(self) -> str:
        """What the run waits for, in words."""
        return self.queue.wanted

    def try_take(self) -> bool:
        """Take free places; True once all that are needed are held.

        Joins the line at the first call. The first in line keeps the places it gets until they
        are enough, so that small runs cannot keep a large one waiting for ever.
        """
        if self.is_held:
            return True
        if self._ticket is None or not self._ticket.path.exists():  # or it was moved
            self._ticket = line.join(self.queue.name, self.run)
        if self._ticket is None or not line.is_first(self._ticket):
            self._give_back()  # what it had taken before somebody was moved to the front
            return False
        for place in self.queue.places:
            if len(self._held) == self.queue.need:
                break
            if place not in self._held and (lock := self._lock(place)):
                self._held[place] = lock
        if len(self._held) < self.queue.need:
            return False
        self._leave()
        return True

    @property
    def is_held(self) -> bool:
        """Whether all that are needed are held."""
        return len(self._held) == self.queue.need

    def release(self) -> None:
        """Give back all places, and the one in line."""
        self._give_back()
        self._leave()

    def _leave(self) -> None:
        line.leave(self.run)  # the ticket that its launcher took for it too
        self._ticket = None

    def _give_back(self) -> None:
        for lock in self._held.values():
            lock.release()
        self._held = {}

    def _lock(self, name: str) -> FileLock | None:
        lock = FileLock(line.slots_folder() / f"{self.queue.name}.{name}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return None
        return lock


class Slots:
    """The places of a run on several devices, taken one after the other: as a :class:`Slot`.

    Every run takes them in the same order, so that no two wait for each other.
    """

    def __init__(self, each: list[Slot]) -> None:
        self.each = each

    @property
    def wanted(self) -> str:
        """The device that it waits for."""
        waiting = [slot for slot in self.each if not slot.is_held]
        return f"{waiting[0].wanted}, of {len(self.each)} GPUs" if waiting else ""

    def try_take(self) -> bool:
        """Take what is free; True once all places are held."""
        return all(slot.try_take() for slot in self.each)

    def release(self) -> None:
        """Give all places back."""
        for slot in self.each:
            slot.release()


def _cores() -> list[int]:
    """The numbers of the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def _usual_threads() -> int:
    """OMP_NUM_THREADS, which schedulers set; 0 where it is not set."""
    given = os.environ.get("OMP_NUM_THREADS", "").split(",")[0]
    return int(given) if given.isdigit() else 0
