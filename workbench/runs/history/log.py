"""The log of a run: what happened, when, and how long it took.

Made of the run's events and of its worker's output; for the Run screen and
``workbench show --log``.
"""

import datetime
import math
import os
import re
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.formatting.text import count, decimal, duration, one_line, percent
from workbench.runs.store.events import Event
from workbench.runs.store.files import open_to_read

MOST = 5000  # entries kept; of a longer run the first ones go
TAIL = 256 << 10  # bytes read of the end of worker.log
LONGEST = 2000  # characters of what is shown of one printed line
BRIEF = 0.05  # seconds: what took less says no time
STAMP = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),(\d{3}) (?:INFO |WARNING |ERROR )?")


@dataclass(frozen=True)
class Entry:
    """One entry of the log."""

    time: float  # seconds since 1970; 0 where it is not known
    kind: str  # phase, start, epoch, best, checkpoint, status, test, notice, error, printed
    text: str


class RunLog:
    """The entries of a run, folded from its events as they come."""

    def __init__(self) -> None:
        self.entries: deque[Entry] = deque(maxlen=MOST)
        self.dropped = 0  # entries that were there before those kept
        self.version = 0  # grows with every change
        self._open: tuple[float, str, str] | None = None  # since when what lasts: kind, text
        self._epochs = 0
        self._best: float | None = None

    def add(self, events: Iterable[Event]) -> None:
        """Add events; malformed ones are skipped."""
        for event in events:
            tell = _TELL.get(event["event"])
            time = event.get("time")
            if tell is None or not isinstance(time, int | float) or isinstance(time, bool):
                continue
            try:
                tell(self, event, float(time))
            except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
                continue

    def _say(self, time: float, kind: str, text: str) -> None:
        self.dropped += len(self.entries) == MOST
        self.entries.append(Entry(time, kind, text))
        self.version += 1

    def _begin(self, time: float, kind: str, text: str) -> None:
        """Begin a phase; the one before is added with the time it took."""
        if self._open is not None:
            since, before, said = self._open
            if (before, said) == (kind, text):
                return
            took = time - since
            self._say(since, before, f"{said} · {duration(took)}" if took >= BRIEF else said)
        self._open = (time, kind, text) if text else None
        self.version += 1

    def _phase(self, event: Event, time: float) -> None:
        total = event.get("total")
        text = str(event["message"])
        self._begin(time, "phase", f"{text}, {count(total)}" if total else text)

    def _start(self, event: Event, time: float) -> None:
        self._begin(time, "", "")
        self._epochs = int(event.get("epochs") or 0)
        if event.get("resumed_from"):
            self._say(
                time, "start", f"goes on from the checkpoint of step {count(event['resumed_from'])}"
            )
        self._say(time, "start", start_text(event))

    def _epoch(self, event: Event, time: float) -> None:
        self._begin(time, "", "")
        accuracy = event.get("val_accuracy")
        best = isinstance(accuracy, int | float) and (self._best is None or accuracy > self._best)
        self._best = accuracy if best else self._best
        text = epoch_text(event, self._epochs)
        self._say(time, "best" if best else "epoch", f"{text}  best" if best else text)

    def _checkpoint(self, event: Event, time: float) -> None:
        kinds = [name for name in ("best", "asked") if event.get(name)]
        words = {"best": "the best so far", "asked": "as asked"}
        why = f" ({', '.join(words[kind] for kind in kinds)})" if kinds else ""
        self._say(time, "checkpoint", f"checkpoint of step {count(event['step'])}{why}")

    def _status(self, event: Event, time: float) -> None:
        status, message = str(event["status"]), str(event.get("message") or "")
        if status in ("queued", "paused"):
            self._begin(time, "status", f"{status}: {message}" if message else status)
            return
        self._begin(time, "", "")
        if event.get("error"):
            self._say(time, "error", f"{status}: {event['error']}")
        elif status != "running":
            self._say(time, "status", status)

    def _test(self, event: Event, time: float) -> None:
        self._begin(time, "", "")
        self._say(time, "test", test_text(event))

    def _notice(self, event: Event, time: float) -> None:
        self._say(time, "notice", f"note: {event['message']}")

    def shown(self) -> list[Entry]:
        """All entries, the current phase last."""
        lasting = [Entry(*self._open[:2], f"{self._open[2]} …")] if self._open else []
        return [*self.entries, *lasting]


_TELL: dict[str, Callable[[RunLog, Event, float], None]] = {
    "phase": RunLog._phase,
    "start": RunLog._start,
    "epoch": RunLog._epoch,
    "checkpoint": RunLog._checkpoint,
    "status": RunLog._status,
    "test": RunLog._test,
    "notice": RunLog._notice,
}


def printed(path: Path) -> list[Entry]:
    """The worker's output as entries: the end of a long file; of a progress bar its last state."""
    try:
        with open_to_read(path) as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(max(0, size - TAIL))
            data = file.read(TAIL)
    except OSError:
        return []
    lines = data.decode("utf-8", errors="replace").split("\n")
    entries = []
    if size > TAIL:
        lines = lines[1:]
        entries.append(Entry(0.0, "printed", f"… {count(size - TAIL)} bytes before this"))
    time = 0.0
    for line in lines:
        text = line.rstrip("\r").rpartition("\r")[2].expandtabs(4)
        if stamp := STAMP.match(text):
            time, text = _seconds(stamp), text[stamp.end() :]
        if text.strip():
            entries.append(Entry(time, "printed", one_line_keeping_indent(text)[:LONGEST]))
    return entries


def merged(told: Sequence[Entry], also: Sequence[Entry]) -> list[Entry]:
    """Entries of events and output in the order of their times, those without one last.

    Output that repeats an event (the worker prints its notices) is left out.
    """
    said = {entry.text.removeprefix("note: ") for entry in told if entry.kind == "notice"}
    own = [entry for entry in also if entry.text not in said]
    return sorted([*told, *own], key=lambda entry: entry.time or math.inf)


def clock(time: float) -> str:
    """The local time of day, ``09:30:12``; eight spaces where it is not known."""
    if not 0 < time < 1e11:
        return " " * 8
    return f"{datetime.datetime.fromtimestamp(time):%H:%M:%S}"


def start_text(event: Event) -> str:
    """The start event in one line: images, network, length, device."""
    images = [count(event.get(f"{part}_pictures")) for part in ("train", "val", "test")]
    classes = event.get("classes")
    how = str(event.get("compile") or "off")
    compiled = "" if how == "off" else f" · compile {how}"
    return " · ".join(
        (
            f"{' + '.join(images)} images",
            f"{len(classes) if isinstance(classes, list) else 0} classes",
            f"{count(event.get('params'))} parameters",
            f"{count(event.get('macs'))} MACs",
            f"{count(event.get('steps'))} steps",
            f"{event.get('device', '?')} {event.get('precision', '')}{compiled}",
        )
    )


def epoch_text(event: Event, epochs: int) -> str:
    """An epoch event in one line."""
    total = f"/{epochs}" if epochs else ""
    return (
        f"epoch {event.get('epoch', '?')}{total}"
        f"  loss {decimal(event.get('train_loss'), 4)}"
        f"  accuracy {percent(event.get('train_accuracy'))}"
        f"  val loss {decimal(event.get('val_loss'), 4)}"
        f"  val {percent(event.get('val_accuracy'))}"
        f"  lr {decimal(event.get('lr'), 6)}"
        f"  {duration(event.get('seconds'))}"
        f"  {decimal(event.get('images_per_second'), 0)} img/s"
    )


def test_text(event: Event) -> str:
    """A test event in one line."""
    top3 = event.get("test_top3_accuracy")
    of = f"{count(event.get('correct'))}/{count(event.get('total'))}"
    more = f"  top-3 {percent(top3)}" if top3 is not None else ""
    name = "top-1" if top3 is not None else "accuracy"  # of cells, or of few classes
    weights = f"{event['weights']} weights" if event.get("weights") else "final weights"
    return f"test  {name} {percent(event.get('test_accuracy'))} ({of}){more}  {weights}"


def one_line_keeping_indent(text: str) -> str:
    """As :func:`one_line`, but a traceback keeps its indentation."""
    return " " * (len(text) - len(text.lstrip(" "))) + one_line(text.lstrip(" "))


def as_json(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Entries for ``show --log --json``."""
    return [{"time": e.time or None, "kind": e.kind, "text": e.text} for e in entries]


def _seconds(stamp: re.Match[str]) -> float:
    try:
        moment = datetime.datetime.strptime(stamp[1], "%Y-%m-%d %H:%M:%S")
        return moment.timestamp() + int(stamp[2]) / 1000
    except (ValueError, OverflowError):
        return 0.0
