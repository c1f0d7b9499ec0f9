"""Finds out which of the processes of a run is gone or hangs, within seconds.

Each tells the others once a second that it lives, through the store where they met; one on the
same machine is looked for among the processes too. Whoever waits for a lost process would wait for
ever (NCCL) or get an error that does not name it (gloo).
"""

import contextlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

from torch._C._distributed_c10d import PrefixStore, Store
from torch.distributed.rendezvous import rendezvous

from workbench.errors import RunError
from workbench.runs.live.process import ProcessIdentity, own_identity

BEAT = 1.0  # seconds between two signs of life
SILENCE = 5.0  # seconds without one after which a process counts as hung
GRACE = 1.0  # seconds that an error which names the cause itself has to come
JOINING = 120.0  # seconds in which all processes have to come
LEFT = "left"


class LostProcess(RunError):
    """Another process of the run is gone or hangs; the message names it and its machine."""


def meet(seconds: float = JOINING) -> Store:
    """The store of the processes, where MASTER_ADDR and MASTER_PORT say.

    Raises :class:`RunError` where nobody answers there.
    """
    where = f"{os.environ['MASTER_ADDR']}:{os.environ['MASTER_PORT']}"
    try:
        store, _, _ = next(rendezvous("env://", timeout=timedelta(seconds=seconds)))
    except (RuntimeError, ValueError) as error:  # torch's network errors are RuntimeErrors
        reason = str(error).splitlines()[0][:200]
        raise RunError(
            f"the other processes of the run cannot be met at {where}: {reason}"
        ) from None
    return store  # type: ignore[no-any-return]


class Peers:
    """The other processes of a run, watched by a thread of its own."""

    def __init__(self, store: Store, rank: int, size: int) -> None:
        # A connection of its own: another thread may be waiting on the first one.
        self._store = PrefixStore("peers", store.clone())
        self.rank, self.size = rank, size
        self.others = [other for other in range(size) if other != rank]
        self._known: dict[int, ProcessIdentity] = {}
        self._beats: dict[int, tuple[bytes, float]] = {}  # what it said last, and when it was new
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="peers", daemon=True)
        self._on_lost: Callable[[str], None] = lambda _: None
        self._alone: Callable[[], bool] = lambda: False

    def await_all(self, seconds: float = JOINING) -> None:
        """Tell the others who this is and wait for them; RunError names who has not come."""
        self._store.set(f"who/{self.rank}", json.dumps(own_identity().as_table()))
        end = time.monotonic() + seconds
        while missing := [r for r in self.others if not self._store.check([f"who/{r}"])]:
            if time.monotonic() > end:
                names = ", ".join(map(str, missing[:8]))
                raise RunError(
                    f"process {names} of {self.size} (counted from 0) has not come within "
                    f"{seconds:.0f} s; is it started with the same --nnodes, --rdzv-endpoint and "
                    "run folder?"
                )
            time.sleep(0.05)
        for other in self.others:
            said = ProcessIdentity.from_table(json.loads(self._store.get(f"who/{other}")))
            if said is not None:
                self._known[other] = said

    def watch(
        self, on_lost: Callable[[str], None], alone: Callable[[], bool] = lambda: False
    ) -> None:
        """Watch from now on; ``on_lost`` is called in the thread with what has happened.

        ``alone`` says whether whoever started the processes is gone.
        """
        self._on_lost, self._alone = on_lost, alone
        self._beat()
        self._thread.start()

    def leave(self) -> None:
        """Tell the others that this process ends as it should, and watch no more."""
        self._end.set()
        with contextlib.suppress(RuntimeError):  # they may be gone already
            self._store.set(f"{LEFT}/{self.rank}", "1")

    def find_lost(self, seconds: float = SILENCE + BEAT) -> str:
        """Who is lost, in words, if it shows within so many seconds; else ""."""
        end = time.monotonic() + seconds
        while not (lost := self._lost()) and time.monotonic() < end:
            time.sleep(0.1)
        return lost

    def _watch(self) -> None:
        last = time.monotonic()
        while not self._end.wait(BEAT):
            now = time.monotonic()
            if now - last > SILENCE / 2:  # this process slept: the others' silence says nothing
                self._beats.clear()
            last = now
            try:
                self._beat()
                lost = "the worker that started the processes is gone" * self._alone()
                lost = lost or self._lost()
            except RuntimeError:  # the store has gone, with torchrun or the first machine
                lost = "the processes of the run cannot reach each other any more"
            if lost and not self._end.wait(GRACE):
                self._on_lost(lost)
                return

    def _beat(self) -> None:
        self._store.set(f"beat/{self.rank}", repr(time.monotonic()))

    def _lost(self) -> str:
        """The first process that is gone or silent, in words; "" if none is."""
        now = time.monotonic()
        for other in self.others:
            if other not in self._known or self._store.check([f"{LEFT}/{other}"]):
                continue
            process = self._known[other]
            name = f"process {other} of {self.size} ({process.host}, process id {process.pid})"
            if process.is_local and not process.is_alive():
                return f"{name} is gone"
            if not self._store.check([f"beat/{other}"]):
                continue
            said = self._store.get(f"beat/{other}")
            before, since = self._beats.get(other, (b"", now))
            if said != before:
                self._beats[other] = (said, now)
            elif now - since > SILENCE:
                return f"{name} has given no sign of life for {now - since:.0f} s"
        return ""


@contextlib.contextmanager
def naming_the_lost(peers: Peers) -> Iterator[None]:
    """Within, an error of a broken connection becomes a :class:`LostProcess`."""
    try:
        yield
    except RuntimeError as error:
        text = str(error)
        if not any(word in text for word in ("gloo", "NCCL", "onnection", "peer", "ocket")):
            raise
        if not (lost := peers.find_lost()):
            raise
        raise LostProcess(lost) from error
