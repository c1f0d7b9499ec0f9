"""The analyst: a forked child of the preloaded worker that counts networks.

At low priority, so that it slows no training, and in a process of its own, so that a count that
takes too long or too much memory can be ended.
"""

import json
import logging
import os
import signal
from typing import Any

from workbench.analysis import summarize
from workbench.config import build_config
from workbench.errors import WorkbenchError
from workbench.training.preloaded.messages import Lines, send

NICENESS = 5


class Analyst:
    """The parent's handle of the child; one request at a time."""

    def __init__(self) -> None:
        requests, self.requests = os.pipe()
        replies, replies_in = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.close(self.requests)
                os.close(replies)
                _analyse(requests, replies_in)
            finally:
                os._exit(0)  # whatever happens: a child must not go on in its parent's code
        os.close(requests)
        os.close(replies_in)
        self.lines = Lines(replies)
        self.busy_with: Any = None  # the id of the request that is being counted

    def ask(self, request: dict[str, Any]) -> None:
        """Send a request."""
        self.busy_with = request.get("id")
        send(self.requests, request)

    def end(self) -> int:
        """Kill the child; returns its wait status."""
        os.kill(self.pid, signal.SIGKILL)
        os.close(self.requests)
        os.close(self.lines.descriptor)
        return os.waitpid(self.pid, 0)[1]


def _analyse(requests: int, answers: int) -> None:
    """The child's loop: count each request, until the pipe closes."""
    os.nice(NICENESS)
    lines = Lines(requests)
    while (some := lines.read()) is not None:
        for line in some:
            send(answers, _summary(json.loads(line)))


def _summary(request: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"id": request["id"], "result": summarize(build_config(request["config"]))}
    except WorkbenchError as error:
        return {"id": request["id"], "error": str(error)}
    except Exception as error:
        logging.exception("request %s", request.get("id"))  # a bug of ours: all of it in the log
        return {"id": request["id"], "error": f"{type(error).__name__}: {error}"}
