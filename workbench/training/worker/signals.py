"""The worker's signals. SIGTERM or SIGINT: finish the step, save, end; a second one: end now.

The time between SIGSTOP and SIGCONT is not counted (``suspension.py``).
"""

import signal
from collections.abc import Callable
from types import FrameType

from workbench.training.worker.suspension import AwakeClock


class Signals:
    """Notes in ``stop`` that a signal asked the worker to end."""

    def __init__(self) -> None:
        self.stop = False
        self.awake = AwakeClock()
        self.at_once: Callable[[], None] = lambda: None  # called on the second signal
        self.before_leaving: Callable[[], None] = lambda: None  # before that

    def listen(self) -> None:
        """Install the handlers. SIGHUP, a lost terminal, is ignored."""
        signal.signal(signal.SIGTERM, self._told)
        signal.signal(signal.SIGINT, self._told)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def _told(self, number: int, frame: FrameType | None) -> None:
        if self.stop:
            self.before_leaving()
            self.at_once()
        self.stop = True
