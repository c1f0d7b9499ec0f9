"""What a screen follows a run by: its events as they come, folded, and its status."""

from collections.abc import Callable
from typing import Any

from workbench.runs.history.log import RunLog
from workbench.runs.history.state import RunState
from workbench.runs.live.status import RunStatus, read_status
from workbench.runs.store.events import EventTail
from workbench.runs.store.folder import RunFolder

MOUTHFUL = 256 << 10  # bytes that are read and folded between two frames without being felt
LINE = 100  # bytes of a step's line, about
DETAIL = 40_000  # steps that are decoded of a long history


class RunFeed:
    """Follows one run; ``state`` is what its events say so far."""

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self.state = RunState()
        self.log = RunLog()
        self.status = RunStatus("starting")
        self._tail = EventTail(folder.metrics)

    @property
    def is_far_behind(self) -> bool:
        """True where more waits than can be read between two frames: see :meth:`catch_up`."""
        return self._tail.unread > 4 * MOUTHFUL

    def advance(self, mouthfuls: int = 1) -> bool:
        """Read and fold what came since the last time, so much at most; True if any."""
        changed = False
        for _ in range(mouthfuls):
            events = self._tail.read(MOUTHFUL)
            if self._tail.reset:
                self.state, self.log = RunState(), RunLog()
            if not events and not self._tail.reset:
                break
            self.state.fold(events)
            self.log.add(events)
            changed = True
        return changed

    def catch_up(self, report: Callable[[float], Any]) -> None:
        """Read a long history, on a thread of its own, and then put it in place whole.

        ``report`` is called with the share that is read. Of a million steps every
        twenty-fifth is decoded, which a plot of some hundred points cannot show.
        """
        tail, state, log = EventTail(self.folder.metrics), RunState(), RunLog()
        every = max(1, tail.unread // (LINE * DETAIL))
        total = max(1, tail.unread)
        while events := tail.read(every=every):
            if tail.reset:
                state, log = RunState(), RunLog()
            state.fold(events)
            log.add(events)
            report(min(1.0, 1 - tail.unread / total))
            if tail.unread < MOUTHFUL:
                break
        self._tail, self.state, self.log = tail, state, log

    def refresh_status(self) -> bool:
        """Look at how the run stands now; True if that has changed."""
        before, self.status = self.status, read_status(self.folder)
        return self.status != before
