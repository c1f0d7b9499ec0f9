"""Tracks which files are being read, to name one that takes long."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SILENCE = 10.0  # seconds without a file read, after which it is said which one is being read


class ReadingWatch:
    """Threads note what they read; another one asks which file takes long."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._reading: dict[object, tuple[float, str]] = {}  # (since when, path)
        self._moved = self._said = clock()

    @contextmanager
    def reading(self, path: str) -> Iterator[None]:
        """Note that ``path`` is being read until the block is left."""
        me = object()
        self._reading[me] = (self._clock(), path)
        try:
            yield
        finally:
            del self._reading[me]
            self._moved = self._clock()

    def complaint(self) -> str:
        """ "reading a/x.png for 12 s" where no file has been finished for long; else ""."""
        longest = min(self._reading.copy().values(), default=None)
        if longest is None:
            return ""
        since, path = longest
        now = self._clock()
        if now - max(since, self._moved, self._said) < SILENCE:
            return ""
        self._said = now
        return f"reading {path} for {now - since:.0f} s"
