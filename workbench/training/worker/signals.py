"""SIGTERM and SIGINT to the worker: finish the step, save, end. Twice: end at once.

SIGSTOP and SIGCONT: what lies between them is no training.
"""

import signal
from collections.abc import Callable
from types import FrameType

from workbench.training.worker.suspension import AwakeClock


class Signals:
    """Remembers that the worker was told to stop."""

    def __init__(self) -> None:
        self.stop = False
        self.awake = AwakeClock()
        self.at_once: Callable[[], None] = lambda: None  # what must still be done on the second

    def listen(self) -> None:
        """Take the signals over. A lost terminal (SIGHUP) is none of the worker's business."""
        signal.signal(signal.SIGTERM, self._told)
        signal.signal(signal.SIGINT, self._told)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def _told(self, number: int, frame: FrameType | None) -> None:
        if self.stop:
            self.at_once()
        self.stop = True
