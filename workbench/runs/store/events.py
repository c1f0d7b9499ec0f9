"""The events of a run (``metrics.jsonl``): appended by its worker, tailed by watchers."""

import json
import math
import os
import re
import time
from pathlib import Path
from typing import Any, BinaryIO

from workbench.runs.store.files import open_to_append, open_to_read, parse_json

Event = dict[str, Any]
CHUNK = 4 << 20  # bytes read at once, so that a screen stays responsive on a huge file
LONGEST = 16 << 20  # bytes of one line; what is longer is no event of ours
STEP_START = b'{"event":"step"'  # how the writer begins a step's line
LONG_NUMBER = re.compile(rb"\d{19}")  # as a whole number it may be beyond 64 bits
THROUGHPUT_START = b'{"event":"pace"'

_strict = json.JSONEncoder(separators=(",", ":"), allow_nan=False)


class EventWriter:
    """Append events to a file, whole lines at a time.

    :meth:`add` keeps a line in memory; :meth:`flush` writes them all at once. The worker
    flushes a few times a second.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = _open_to_append(path)
        self._lines: list[bytes] = []

    def add_now(self, kind: str, **values: Any) -> None:
        """Add one event with the time and flush."""
        self.add({"event": kind, "time": round(time.time(), 3), **values})
        self.flush()

    def add(self, event: Event) -> None:
        """Keep one event for the next flush."""
        self._lines.append(encode(event))

    def flush(self) -> None:
        """Write what was added; raises OSError (a full disk) and keeps what is unwritten."""
        if not self._lines:
            return
        data = b"".join(self._lines)
        written = self._file.write(data) or 0
        if written < len(data):  # a full disk takes a part: keep the rest for the next try
            self._lines = [data[written:]]
            raise OSError(28, "No space left on device", self._file.name)
        self._lines.clear()

    def reopen(self) -> None:
        """Open the file again, after :func:`keep_prefix` has replaced it."""
        self._file.close()
        self._file = _open_to_append(self._path)

    @property
    def held_bytes(self) -> int:
        """Bytes added and not yet written."""
        return sum(map(len, self._lines))

    @property
    def length(self) -> int:
        """Bytes written so far: whole lines, if the last flush succeeded."""
        return os.fstat(self._file.fileno()).st_size

    def make_durable(self) -> None:
        """Sync what was flushed to the disk; may be called from another thread."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Flush and close."""
        self.flush()
        self._file.close()


class EventTail:
    """Reads the events of a file as they come, from the beginning.

    ``reset`` is True after a read that found the file replaced (a resumed run begins a new one
    from its checkpoint): drop what was read before.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._inode = 0
        self._rest = b""
        self.reset = False
        self.damaged = 0  # lines that are no event

    @property
    def unread(self) -> int:
        """Unread bytes; all of them where the file was replaced."""
        try:
            about = self._path.stat()
        except OSError:
            return 0
        same = about.st_ino == self._inode and about.st_size >= self._offset
        return about.st_size - self._offset if same else about.st_size

    def read(self, limit: int = CHUNK, every: int = 1) -> list[Event]:
        """The events of the next ``limit`` bytes at most; [] where there are none.

        With ``every`` above 1 only every n-th step and the last one are decoded, and of the
        throughput events only the last.
        """
        self.reset = False
        try:
            file = open_to_read(self._path)
        except OSError:
            return []
        with file:
            about = os.fstat(file.fileno())
            if about.st_ino != self._inode or about.st_size < self._offset:
                self.reset = self._inode != 0
                self._inode, self._offset, self._rest = about.st_ino, 0, b""
                self.damaged = 0
            file.seek(self._offset)
            data = file.read(limit)
        self._offset += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LONGEST:
            self._rest = b""
            self.damaged += 1
        events = [decode(line) for line in (_thinned(lines, every) if every > 1 else lines)]
        self.damaged += sum(event is None for event in events)
        return [event for event in events if event is not None]


def _thinned(lines: list[bytes], every: int) -> list[bytes]:
    """Every n-th step and the last one, the last throughput event, and all other lines."""
    if not lines:
        return []
    others = [i for i, line in enumerate(lines) if not line.startswith(STEP_START)]
    throughputs = [i for i in others if lines[i].startswith(THROUGHPUT_START)]
    kept = {*others}.difference(throughputs[:-1]) | {*range(0, len(lines), every), len(lines) - 1}
    return [lines[i] for i in sorted(kept)]


def encode(event: Event) -> bytes:
    """One event as a line of strict JSON; a number that is not finite becomes null."""
    try:
        text = _strict.encode(event)
    except ValueError:
        text = _strict.encode(finite(event))
    return text.encode() + b"\n"


def decode(line: bytes) -> Event | None:
    """One line as an event; None for a damaged or foreign line."""
    try:
        # Looked for first: a function for each number would take longer than all the rest.
        event = parse_json(line) if LONG_NUMBER.search(line) else json.loads(line)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) and isinstance(event.get("event"), str) else None


def read_events(path: Path) -> list[Event]:
    """All events of a file."""
    tail, events = EventTail(path), []
    while batch := tail.read():
        events += batch
    return events


def keep_prefix(path: Path, length: int) -> None:
    """Keep only the first ``length`` bytes, in a new file, so that every tail notices."""
    scratch = path.with_name(f".{path.name}.part")
    scratch.unlink(missing_ok=True)
    with open_to_read(path) as source, scratch.open("xb") as target:
        while length > 0 and (data := source.read(min(length, CHUNK))):
            target.write(data)
            length -= len(data)
        target.flush()
        os.fsync(target.fileno())
    scratch.replace(path)


def _open_to_append(path: Path) -> BinaryIO:
    return os.fdopen(open_to_append(path), "ab", buffering=0)


def finite(value: Any) -> Any:
    """A nested value with None in place of numbers that are not finite."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
