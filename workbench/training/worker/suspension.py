"""A clock that stops while the process is suspended: SIGSTOP, ctrl-Z, ``scontrol suspend``.

A thread reads the clock ten times a second, which tells when the process last ran. SIGCONT is
blocked, so that it stays pending when the process goes on. Only a gap with SIGCONT after it is
subtracted: time on a busy machine, or in a step of minutes, counts in full. A sleeping computer
needs none of this: ``time.perf_counter`` stops meanwhile (CLOCK_MONOTONIC on Linux).
"""

import signal
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

INTERVAL = 0.1  # seconds between two readings by the thread
GAP = 0.25  # seconds without a reading that may be a suspension; shorter ones are not noticed
PATIENCE = 1.0  # seconds that a reader waits for the thread to classify a gap


def take_continued() -> bool:
    """Whether SIGCONT, which is blocked, is pending; takes it."""
    return signal.SIGCONT in signal.sigpending() and bool(signal.sigwait({signal.SIGCONT}))


class AwakeClock:
    """Seconds during which this process was not suspended; suspensions are seen inside ``with``.

    Enter it before other threads are started: they inherit that SIGCONT is blocked, and one
    that has not would take the signal. ``continued()`` says whether SIGCONT was pending.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.perf_counter,
        continued: Callable[[], bool] = take_continued,
    ) -> None:
        self.suspended = 0.0  # seconds left out so far
        self._clock, self._continued = clock, continued
        self._awake_at = clock()  # when the process was last known to run
        self._checked = threading.Condition()
        self._end = threading.Event()
        self._thread: threading.Thread | None = None
        self._mask: set[int] = set()

    def __enter__(self) -> Self:
        """Block SIGCONT and start the thread."""
        self._mask = {*signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCONT})}
        self._awake_at = self._clock()
        self._thread = threading.Thread(target=self._watch, name="suspension", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the thread; suspensions seen so far stay subtracted."""
        self._end.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)

    def now(self) -> float:
        """Seconds awake, counted from an arbitrary moment."""
        with self._checked:
            now = self._clock()
            # Only the thread knows what a gap was, and it is about to look.
            while self._thread and now - self._awake_at > GAP and self._checked.wait(PATIENCE):
                now = self._clock()
            if now - self._awake_at <= GAP:
                self._awake_at = now
            return now - self.suspended

    def check(self) -> None:
        """Note that the process runs now; subtract the gap before if it was a suspension."""
        with self._checked:
            continued = self._continued()
            now = self._clock()
            gap = now - self._awake_at
            # Asked again: it may have been suspended between the two lines above.
            if gap > GAP and (continued or self._continued()):
                self.suspended += gap
            self._awake_at = now
            self._checked.notify_all()

    def _watch(self) -> None:
        while not self._end.wait(INTERVAL):
            self.check()
