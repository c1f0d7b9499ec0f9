"""Waiting for a place on the device: in the queue before training, and while paused."""

import time
from collections.abc import Callable
from typing import Protocol

from workbench.runs.live.control import Request, RequestReader
from workbench.runs.live.slots import Places

POLL = 0.2  # seconds between two readings of the queue and of requests


class Tell(Protocol):
    """Records the run's status and writes it as an event."""

    def __call__(self, status: str, message: str = "") -> None: ...


def wait_to_train(
    slot: Places,
    requests: RequestReader,
    tell: Tell,
    interrupted: Callable[[], bool],
    *,
    request: Request = "run",
) -> bool:
    """Return True once the run holds its places, False once it is asked to stop.

    Starts from ``request`` unless a newer one is there. A paused run gives its places back,
    so that others can train, and queues at the end of the line when it goes on. ``tell`` is
    called only where the run has to wait.
    """
    told = ""
    while True:
        asked = requests.read()
        if asked == "stop":
            return False
        if asked in ("run", "pause"):
            request = asked
        if request == "run" and slot.try_take():
            break
        status = "paused" if request == "pause" else "queued"
        if status != told:
            if request == "pause":
                slot.release()
            tell(status, f"waiting for {slot.wanted}" if status == "queued" else "")
            told = status
        if interrupted():
            return False
        time.sleep(POLL)
    if told:
        tell("running")
    return True
