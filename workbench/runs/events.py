"""The events of a run: JSON lines appended by its worker, tailed by whoever watches."""

import json
import math
import os
from pathlib import Path
from typing import Any

Event = dict[str, Any]
CHUNK = 4 << 20  # bytes read at once, so that a screen stays responsive on a huge file


class EventWriter:
    """Append events to a file, whole lines at a time.

    ``add`` only formats and keeps the line; ``flush`` hands all of them to the
    system in one write. The training loop flushes a few times a second.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)
        self._lines: list[bytes] = []

    def add(self, event: Event) -> None:
        """Keep one event for the next flush."""
        self._lines.append(encode(event))

    def flush(self) -> None:
        """Write what was added; raises OSError (a full disk) with nothing forgotten."""
        if not self._lines:
            return
        data = b"".join(self._lines)
        written = self._file.write(data) or 0
        if written < len(data):  # a full disk takes a part: keep the rest for the next try
            self._lines = [data[written:]]
            raise OSError(28, "No space left on device", self._file.name)
        self._lines.clear()

    def sync(self) -> int:
        """Flush, make it durable, and give the file's length in bytes."""
        self.flush()
        os.fsync(self._file.fileno())
        return os.fstat(self._file.fileno()).st_size

    def close(self) -> None:
        """Flush and close."""
        self.flush()
        self._file.close()


class EventTail:
    """Read the events of a file as they come, from the beginning.

    ``reset`` is True after a read in which the file was found to be another one
    (a resumed run begins a new file from its checkpoint): forget what was read
    before and fold what this read gave.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._inode = 0
        self._rest = b""
        self.reset = False
        self.damaged = 0  # lines that are no event

    def read(self) -> list[Event]:
        """The events that came since the last read, at most some megabytes of them."""
        self.reset = False
        try:
            file = self._path.open("rb")
        except OSError:
            return []
        with file:
            about = os.fstat(file.fileno())
            if about.st_ino != self._inode or about.st_size < self._offset:
                self.reset = self._inode != 0
                self._inode, self._offset, self._rest = about.st_ino, 0, b""
                self.damaged = 0
            file.seek(self._offset)
            data = file.read(CHUNK)
        self._offset += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        events = [decode(line) for line in lines]
        self.damaged += sum(event is None for event in events)
        return [event for event in events if event is not None]


def encode(event: Event) -> bytes:
    """One event as a line of strict JSON; a number that is not finite becomes null."""
    try:
        text = json.dumps(event, separators=(",", ":"), allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(event), separators=(",", ":"), allow_nan=False)
    return text.encode() + b"\n"


def decode(line: bytes) -> Event | None:
    """One line as an event; None where it is none (damaged, interleaved, foreign)."""
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) and isinstance(event.get("event"), str) else None


def read_events(path: Path) -> list[Event]:
    """Every event of a file."""
    tail, events = EventTail(path), []
    while batch := tail.read():
        events += batch
    return events


def keep_prefix(path: Path, length: int) -> None:
    """Keep only the first ``length`` bytes, in a new file, so that every tail notices."""
    scratch = path.with_name(f".{path.name}.part")
    with path.open("rb") as source, scratch.open("wb") as target:
        while length > 0 and (data := source.read(min(length, CHUNK))):
            target.write(data)
            length -= len(data)
        target.flush()
        os.fsync(target.fileno())
    scratch.replace(path)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
