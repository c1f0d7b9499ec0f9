"""Requests to a worker (run, pause, stop, checkpoint), left as a file in the run's folder.

A file and not a signal: it works from every process and host that sees the folder.
"""

import os
import time
from typing import Literal

import tomli_w

from workbench.errors import RunError
from workbench.runs.live.status import RunStatus, read_status
from workbench.runs.places.placed import ask_waiting, read_placed
from workbench.runs.store.atomic import write_atomically
from workbench.runs.store.files import tables_or_empty
from workbench.runs.store.folder import RunFolder

Request = Literal["run", "pause", "stop", "checkpoint"]


def ask(folder: RunFolder, request: Request) -> RunStatus:
    """Leave a request for the worker of a live run; returns the status before it.

    Of a run that waits in a scheduler the job is asked. Raises :class:`RunError` where no worker
    lives, and where the scheduler refuses.
    """
    now = read_status(folder)
    if not now.is_live:
        raise RunError(f"run {folder.id} is {now.name}; there is no worker to {request} it")
    send(folder, request, now)
    return now


def send(folder: RunFolder, request: Request, now: RunStatus) -> None:
    """As :func:`ask`, where the status is known and live."""
    placed = read_placed(folder) if now.waits else None
    if placed:
        ask_waiting(folder, placed, request)
    else:
        write_request(folder, request)


def write_request(folder: RunFolder, request: Request) -> None:
    """Write the request file; raises RunError where it cannot be written."""
    text = tomli_w.dumps({"wish": request, "time": time.time(), "pid": os.getpid()})
    try:
        write_atomically(folder.control, text.encode(), durable=False)
    except OSError as error:
        raise RunError(f"{folder.control}: cannot be written: {error.strerror}") from None


class RequestReader:
    """Reads requests in the worker, only when the file has changed."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        # The launcher deleted a request to an earlier worker: one that is here is for this one.
        self._seen = (0, 0)

    def read(self) -> Request | None:
        """A request that came since the last call; None if there is none."""
        mark = self._mark()
        if mark == self._seen:
            return None
        self._seen = mark
        request = tables_or_empty(self._folder.control).get("wish")
        return request if request in ("run", "pause", "stop", "checkpoint") else None

    def _mark(self) -> tuple[int, int]:
        try:
            about = self._folder.control.lstat()
        except OSError:
            return (0, 0)
        return (about.st_ino, about.st_mtime_ns)
