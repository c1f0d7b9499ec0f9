"""A clock that stands still while the process is suspended: SIGSTOP, ctrl-Z, ``scontrol suspend``.

A thread looks at the clock ten times a second, so that it is known when the process was last
awake; SIGCONT is blocked, so that it stays to be found when the process goes on. Only a gap
after which SIGCONT is found is not counted: a machine that is busy, and a step that takes minutes,
count in full. A computer that sleeps needs none of this: ``time.perf_counter`` stands still
meanwhile (CLOCK_MONOTONIC on Linux).
"""

import signal
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

INTERVAL = 0.1  # seconds between two looks
GAP = 0.25  # seconds without a look that may be a suspension; shorter ones are not noticed
PATIENCE = 1.0  # seconds that a reader waits to hear what a gap was


def take_continued() -> bool:
    """Whether SIGCONT, which is blocked, has come since it was asked last."""
    return signal.SIGCONT in signal.sigpending() and bool(signal.sigwait({signal.SIGCONT}))


class AwakeClock:
    """Seconds during which this process was not suspended, noticed inside of ``with``.

    Enter it before other threads are started: they inherit that SIGCONT is blocked, and one that
    has not would take the signal away. ``continued`` is asked whether SIGCONT has come.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.perf_counter,
        continued: Callable[[], bool] = take_continued,
    ) -> None:
        self.suspended = 0.0  # seconds left out so far
        self._clock, self._continued = clock, continued
        self._awake_at = clock()  # when the process was last known to run
        self._looked = threading.Condition()
        self._end = threading.Event()
        self._thread: threading.Thread | None = None
        self._mask: set[int] = set()

    def __enter__(self) -> Self:
        """Begin to look."""
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
        """Look no more; what was left out stays so."""
        self._end.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)

    def now(self) -> float:
        """Seconds awake, from an arbitrary moment on."""
        with self._looked:
            now = self._clock()
            # Only the thread knows what a gap was, and it is about to look.
            while self._thread and now - self._awake_at > GAP and self._looked.wait(PATIENCE):
                now = self._clock()
            if now - self._awake_at <= GAP:
                self._awake_at = now
            return now - self.suspended

    def look(self) -> None:
        """Note that the process runs now; leave out the gap before if it was suspended."""
        with self._looked:
            continued = self._continued()
            now = self._clock()
            gap = now - self._awake_at
            # Asked again: it may have been suspended between the two lines above.
            if gap > GAP and (continued or self._continued()):
                self.suspended += gap
            self._awake_at = now
            self._looked.notify_all()

    def _watch(self) -> None:
        while not self._end.wait(INTERVAL):
            self.look()
