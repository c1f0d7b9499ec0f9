"""A worker that may not train: it waits for its places, or is paused and holds none."""

import time
from collections.abc import Callable
from typing import Protocol

from workbench.runs.live.control import Request, RequestReader
from workbench.runs.live.slots import Slot

LOOK = 0.2  # seconds between two looks at the queue and at what is asked


class Tell(Protocol):
    """Writes down and announces where the run stands."""

    def __call__(self, status: str, message: str = "") -> None: ...


def wait_to_train(
    slot: Slot,
    requests: RequestReader,
    tell: Tell,
    interrupted: Callable[[], bool],
    *,
    request: Request = "run",
) -> bool:
    """Return True once the run is to train and holds its places, False once it is to stop.

    Begins with ``request`` as what was asked, unless more has been asked by now. A paused run
    gives its places back, so that others train meanwhile, and stands at the end of the line
    when it is let go on. Nothing is told where nothing is waited for.
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
            tell(status, f"waiting for {slot.queue.wanted}" if status == "queued" else "")
            told = status
        if interrupted():
            return False
        time.sleep(LOOK)
    if told:
        tell("running")
    return True
