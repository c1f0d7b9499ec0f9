"""Follows a run for a screen: reads new events in bounded portions and folds them."""

from collections.abc import Callable
from typing import Any

from workbench.runs.history.log import RunLog
from workbench.runs.history.state import RunState
from workbench.runs.live.status import RunStatus, read_status
from workbench.runs.store.events import EventTail
from workbench.runs.store.folder import RunFolder

PORTION = 256 << 10  # bytes that are read and folded between two frames without being felt
LINE = 100  # bytes of a step's line, about
DETAIL = 40_000  # steps that are decoded of a long history


class RunFeed:
    """Follows one run; ``state`` is folded from the events read so far."""

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self.state = RunState()
        self.log = RunLog()
        self.status = RunStatus("starting")
        self._tail = EventTail(folder.metrics)

    @property
    def is_far_behind(self) -> bool:
        """True where more is unread than fits between two frames; then use :meth:`catch_up`."""
        return self._tail.unread > 4 * PORTION

    def advance(self, portions: int = 1) -> bool:
        """Read and fold at most ``portions`` portions of new events; True if there were any."""
        changed = False
        for _ in range(portions):
            events = self._tail.read(PORTION)
            if self._tail.reset:
                self.state, self.log = RunState(), RunLog()
            if not events and not self._tail.reset:
                break
            self.state.fold(events)
            self.log.add(events)
            changed = True
        return changed

    def catch_up(self, report: Callable[[float], Any]) -> None:
        """Read a long history (in a thread); ``state`` and ``log`` are replaced at its end.

        ``report`` is called with the share read (0 to 1). Of a million steps every 25th is
        decoded: a plot has some hundred points.
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
            if tail.unread < PORTION:
                break
        self._tail, self.state, self.log = tail, state, log

    def refresh_status(self) -> bool:
        """Read the status; True if it has changed."""
        before, self.status = self.status, read_status(self.folder)
        return self.status != before
