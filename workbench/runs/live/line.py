"""The line of runs that wait to train on a device: first come, first served.

A ticket is a file of this user on this machine: its name says its number, the device, the run's
process and the run, and it holds the path of the run. Who starts a worker takes its ticket in the
same breath, so that runs train in the order in which they were started, however long each takes to
load. Who is first in line takes what comes free (:mod:`workbench.runs.live.slots`); a ticket whose
process is gone is thrown away by whoever sees it.
"""

import contextlib
import hashlib
import os
import re
import socket
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from workbench.runs.live.process import ProcessIdentity, boot_id, own_identity
from workbench.system.paths import state_folder
from workbench.system.regular_files import open_regular

LONGEST_PATH = 8192  # bytes
FIRST = 10**9  # number of the first ticket: there is room before it, for who is moved to the front
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
        """The run's folder; None where the ticket is gone."""
        try:
            with open_regular(self.path) as file:
                return Path(os.fsdecode(file.read(LONGEST_PATH)))
        except (OSError, ValueError):
            return None

    def is_alive(self) -> bool:
        """Whether its process runs now."""
        boot = boot_id()
        if self.boot != _digest(boot)[:8]:
            return False
        return ProcessIdentity(self.pid, self.started, boot, socket.gethostname()).is_alive()


def join(device: str, run: Path, process: ProcessIdentity | None = None) -> Ticket | None:
    """Stand at the end of a device's line, or where the process stands with this run already.

    None where the process (the calling one, if not given) is gone. Raises OSError where the
    user's state folder cannot be written.
    """
    who = process or own_identity()
    if not who.started:
        return None
    with _changing():
        every = tickets()
        digest = _digest(str(run.absolute()))
        for ticket in every:
            if (ticket.pid, ticket.started, ticket.run) == (who.pid, who.started, digest):
                return ticket
        number = max((ticket.number for ticket in every), default=FIRST - 1) + 1
        boot = _digest(who.boot)[:8]
        ticket = Ticket(number, device, who.pid, who.started, boot, digest)
        scratch = line_folder() / f".{digest}.part"
        scratch.write_text(str(run.absolute()), encoding="utf-8", errors="surrogateescape")
        scratch.replace(ticket.path)
        return ticket


def leave(ticket: Ticket) -> None:
    """Leave the line."""
    with contextlib.suppress(OSError):
        ticket.path.unlink(missing_ok=True)


def is_first(ticket: Ticket) -> bool:
    """Whether nobody who lives stands before a ticket."""
    for other in tickets(ticket.device):
        if other == ticket:
            return True
        if other.is_alive():
            return False
        leave(other)
    return False  # it was moved, or taken away


def find(run: Path) -> Ticket | None:
    """The ticket of a run that waits; None for one that does not."""
    digest = _digest(str(run.absolute()))
    return next((ticket for ticket in tickets() if ticket.run == digest), None)


def place_of(run: Path) -> int:
    """The place of a run in its device's line, from 1; 0 where it does not wait."""
    mine = find(run)
    if mine is None:
        return 0
    return 1 + sum(other < mine and other.is_alive() for other in tickets(mine.device))


def move_to_front(run: Path) -> bool:
    """Let a run train next; False where it does not wait."""
    with _changing():
        mine = find(run)
        if mine is None:
            return False
        first = min(ticket.number for ticket in tickets(mine.device))
        if mine.number == first:
            return True
        moved = Ticket(first - 1, mine.device, mine.pid, mine.started, mine.boot, mine.run)
        mine.path.rename(moved.path)
        return True


def tickets(device: str = "") -> list[Ticket]:
    """Every ticket, or those of one device, the first in line first."""
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
    """Where tickets and locks are: of this machine, wherever the user's state folder lies."""
    host = re.sub(r"[^A-Za-z0-9._-]", "_", socket.gethostname()).lstrip(".") or "here"
    return state_folder() / "slots" / host


def line_folder() -> Path:
    """Where the tickets are."""
    return slots_folder() / "line"


def _changing() -> FileLock:
    """Held while numbers are given: two that come at once get two of them."""
    line_folder().mkdir(parents=True, exist_ok=True)
    return FileLock(slots_folder() / "line.lock", timeout=60, poll_interval=0.01)


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
