"""The queue of runs that wait to train on a device: first come, first served.

A ticket is a file of this user on this machine, named by its number, the device, the worker's
process and the run; it holds the run's path. It is written when a worker is started, so that runs
train in the order in which they were started, however long each takes to load. The first in line
takes the next free places (:mod:`workbench.runs.live.slots`). A ticket whose process is gone is
ignored, and deleted at the next change of the line.
"""

import errno
import hashlib
import os
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from filelock import FileLock, Timeout

from workbench.errors import RunError
from workbench.runs.live.process import ProcessIdentity, boot_id, own_identity, start_mark
from workbench.runs.store.atomic import write_atomically
from workbench.system.paths import state_folder
from workbench.system.regular_files import read_regular

LONGEST_PATH = 8192  # bytes
PATIENCE = 60.0  # seconds: who changes the line takes a few milliseconds
FIRST = 10**9  # number of the first ticket: there is room before it, for who is moved to the front
OF_JOB = "WORKBENCH_JOB_ID"  # in the environment of a job's worker
NAME = re.compile(r"(\d{1,18})\.([a-z0-9-]+)\.(\d{1,10})-([\d.]+)-([0-9a-f]{8})\.([0-9a-f]{16})")


@dataclass(frozen=True, order=True)
class Ticket:
    """A place in line."""

    number: int
    device: str  # name of the queue: cpu or cuda-N
    pid: int
    started: str  # the process's start mark
    boot: str  # a digest of the boot id
    run: str  # a digest of the run's folder

    @property
    def path(self) -> Path:
        """Its file."""
        name = f"{self.number}.{self.device}.{self.pid}-{self.started}-{self.boot}.{self.run}"
        return line_folder() / name

    @property
    def folder(self) -> Path | None:
        """The run's folder; None where the ticket is gone, or holds no path."""
        try:
            path = os.fsdecode(read_regular(self.path, LONGEST_PATH, follow=False))
        except OSError:
            return None
        return Path(path) if path and "\0" not in path else None

    def is_of(self, process: ProcessIdentity, run: str) -> bool:
        """Whether it is the ticket of this process for the run with this digest."""
        return (self.pid, self.started, self.run) == (process.pid, process.started, run)


def join(
    device: str,
    run: Path,
    process: ProcessIdentity | None = None,
    *,
    unless: Callable[[], bool] = lambda: False,
) -> Ticket | None:
    """Take a ticket at the end of a device's line, or give the one that the process has.

    None where the process (default: the calling one) is gone, or ``unless()``, called with the
    line locked, is true. Raises OSError where the user's state folder cannot be written.
    """
    who = process or own_identity()
    if not who.started:
        return None
    with _locked():
        if unless():
            return None
        every, digest = _drop_dead_tickets(), _digest_of(run)
        for ticket in every:
            if ticket.is_of(who, digest) and ticket.device == device:
                return ticket
        number = max((ticket.number for ticket in every), default=FIRST - 1) + 1
        ticket = Ticket(number, device, who.pid, who.started, _digest(who.boot)[:8], digest)
        write_atomically(ticket.path, os.fsencode(run.absolute()), durable=False)
        return ticket


def leave(run: Path) -> None:
    """Delete the calling process's ticket for a run."""
    me, digest = own_identity(), _digest_of(run)
    with suppress(OSError), _locked():
        for ticket in _drop_dead_tickets():
            if ticket.is_of(me, digest):
                _delete(ticket)


def is_first(ticket: Ticket) -> bool:
    """Whether no living process is before a ticket."""
    for other in living(ticket.device):
        return other == ticket
    return False  # it was moved, or taken away


def places() -> dict[str, int]:
    """The place of every waiting run, from 1 on each device; for :func:`place_of`."""
    found: dict[str, int] = {}
    counted: dict[str, int] = {}
    for ticket in living():
        place = counted[ticket.device] = counted.get(ticket.device, 0) + 1
        found.setdefault(ticket.run, place)
    return found


def place_of(run: Path, every: dict[str, int] | None = None) -> int:
    """The place of a run in its device's line, from 1; 0 where it does not wait.

    For many runs, give the result of :func:`places` as ``every``.
    """
    return (places() if every is None else every).get(_digest_of(run), 0)


def move_to_front(run: Path) -> None:
    """Move a run to the front of its device's line.

    Raises :class:`RunError` where it does not wait, or the line cannot be changed.
    """
    try:
        with _locked():
            every, digest = _drop_dead_tickets(), _digest_of(run)
            mine = next((ticket for ticket in every if ticket.run == digest), None)
            if mine is None:
                raise RunError(f"run {run.name} does not wait to train on this machine")
            first = min(ticket.number for ticket in every if ticket.device == mine.device)
            if mine.number > first:
                mine.path.rename(replace(mine, number=first - 1).path)
    except OSError as error:
        raise RunError(f"{error.filename or line_folder()}: {error.strerror or error}") from None


def living(device: str = "") -> Iterator[Ticket]:
    """The tickets (of one device) whose processes run now, the first in line first."""
    boot = _digest(boot_id())[:8]
    for ticket in tickets(device):
        if ticket.boot == boot and start_mark(ticket.pid) == ticket.started:
            yield ticket


def tickets(device: str = "") -> list[Ticket]:
    """All tickets (of one device), the first in line first."""
    try:
        names = os.listdir(line_folder())  # noqa: PTH208 (names are all that is needed)
    except OSError:
        return []
    found = [match for name in names if (match := NAME.fullmatch(name))]
    return sorted(
        Ticket(int(number), queue, int(pid), started, boot, run)
        for number, queue, pid, started, boot, run in (match.groups() for match in found)
        if device in ("", queue)
    )


def slots_folder() -> Path:
    """The folder of this machine's tickets and locks, in the user's state folder.

    A job that a scheduler started has devices of its own on its node, and so a folder of its own.
    """
    host = re.sub(r"[^A-Za-z0-9._-]", "_", socket.gethostname()).lstrip(".") or "here"
    job = os.environ.get(OF_JOB, "")
    return state_folder() / "slots" / (f"{host}-job-{job}" if job.isdigit() else host)


def line_folder() -> Path:
    """Where the tickets are."""
    return slots_folder() / "line"


@contextmanager
def _locked() -> Iterator[None]:
    """Hold the lock of the line; raises OSError where it cannot be taken."""
    line_folder().mkdir(parents=True, exist_ok=True)
    path = slots_folder() / "line.lock"
    try:
        with FileLock(path, timeout=PATIENCE, poll_interval=0.01):
            yield
    except Timeout:
        raise OSError(errno.EBUSY, "another process keeps it locked", str(path)) from None


def _drop_dead_tickets() -> list[Ticket]:
    """The tickets of living processes; deletes the others. Needs the lock."""
    alive = list(living())
    for ticket in set(tickets()).difference(alive):
        _delete(ticket)
    return alive


def _delete(ticket: Ticket) -> None:
    with suppress(OSError):  # no file, but what somebody else has put there
        ticket.path.unlink(missing_ok=True)


def _digest_of(run: Path) -> str:
    """A digest of the run's real path, the same through any link."""
    return _digest(os.path.realpath(run))


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
