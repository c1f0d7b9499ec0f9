"""Follows a run for commands, until its worker has ended."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from workbench.runs.history.run_info import RunInfo
from workbench.runs.history.state import RunState
from workbench.runs.live.launch import reap
from workbench.runs.live.status import RunStatus, read_status
from workbench.runs.store.events import Event, EventTail
from workbench.runs.store.files import open_to_read
from workbench.runs.store.folder import RunFolder

LOG_TAIL = 8192  # bytes at the end of worker.log in which its last words are looked for


@dataclass(frozen=True)
class Update:
    """New events of a run, the state after them, and the status."""

    events: list[Event]  # those that are new since the last look
    state: RunState  # everything so far, folded
    status: RunStatus


def follow(folder: RunFolder, interval: float = 0.2) -> Iterator[Update]:
    """Yield an update every ``interval`` seconds until no worker lives and all is read.

    The last update has the run's final status. A signal handler that runs meanwhile takes
    effect with the next update.
    """
    tail, state = EventTail(folder.metrics), RunState()
    while True:
        now = read_status(folder)  # before the events, so that none comes after the last look
        events = tail.read()
        if tail.reset:
            state = RunState()
        state.fold(events)
        yield Update(events, state, now)
        if now.is_live:
            time.sleep(interval)
            reap()
        elif not tail.unread:
            return


def wait_until(folder: RunFolder, wanted: frozenset[str], seconds: float) -> RunStatus:
    """Wait until the status is in ``wanted`` or the worker has ended, at most ``seconds``.

    Returns the status at the end.
    """
    deadline = time.monotonic() + seconds
    while True:
        now = read_status(folder)
        if now.name in wanted or not now.is_live or time.monotonic() >= deadline:
            return now
        time.sleep(0.1)


def why_ended(run: RunInfo) -> str:
    """Why a run failed or crashed, in one line."""
    told = run.value("error", "message")
    if told:
        return str(told)
    words = (run.status.reason, last_words(run.folder))
    return "; ".join(part for part in words if part) or "nothing tells why"


def last_words(folder: RunFolder) -> str:
    """The last line of the worker's log: why it crashed, where nothing else says so."""
    try:
        with open_to_read(folder.log) as log:
            log.seek(0, 2)
            log.seek(max(0, log.tell() - LOG_TAIL))
            lines = log.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
