"""Asking a worker to stop, pause or go on; what is asked lies in the run's folder.

A file and no signal: it works from every process and every host that sees the
folder, and a worker that is busy finds it when it next looks.
"""

import os
import time
from typing import Literal

import tomli_w

from workbench.errors import RunError
from workbench.runs.live.status import RunStatus, read_status
from workbench.runs.store.atomic import write_atomically
from workbench.runs.store.files import tables_or_empty
from workbench.runs.store.folder import RunFolder

Request = Literal["run", "pause", "stop", "checkpoint"]


def ask(folder: RunFolder, request: Request) -> RunStatus:
    """Ask the worker of a live run for something; gives the status at the time of asking.

    Raises :class:`RunError` where no worker lives that could do it.
    """
    now = read_status(folder)
    if not now.is_live:
        raise RunError(f"run {folder.id} is {now.name}; there is no worker to {request} it")
    write_request(folder, request)
    return now


def write_request(folder: RunFolder, request: Request) -> None:
    """Leave a request in the run's folder."""
    text = tomli_w.dumps({"wish": request, "time": time.time(), "pid": os.getpid()})
    try:
        write_atomically(folder.control, text.encode(), durable=False)
    except OSError as error:
        raise RunError(f"{folder.control}: cannot be written: {error.strerror}") from None


class RequestReader:
    """The worker's side: what is asked, read only when the file has changed."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        # The launcher took away what an earlier worker was asked: what is here is for this one,
        # be it from before the worker was ready to look.
        self._seen = (0, 0)

    def read(self) -> Request | None:
        """The request that came since the last look; None for none."""
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
