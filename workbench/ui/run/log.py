"""The Log panel: the run's log in order of time, which follows the end and can be searched."""

from collections.abc import Hashable
from pathlib import Path
from typing import ClassVar

from workbench.formatting.text import count
from workbench.runs.history.log import Entry, clock, merged, printed
from workbench.ui.run.panel import Panel, RunView
from workbench.ui.widgets.formatting import clean
from workbench.ui.widgets.lines import Line
from workbench.ui.widgets.message import wrap

ROLES = {
    "error": "bad",
    "notice": "warn",
    "best": "best",
    "test": "good",
    "start": "accent",
    "phase": "muted",
    "checkpoint": "muted",
    "printed": "",
}
INDENT = 11  # cells before the text: a space, the time, two spaces


class LogPanel(Panel):
    """Stays at the end unless scrolled away from it."""

    title: ClassVar[str] = "Log"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.sought = ""  # what is searched for, in lower case
        self._hits: list[int] = []  # lines that hold it
        self._hit = -1  # the one gone to last, by its place among them

    def key(self, view: RunView) -> Hashable:
        """The number of entries, and the size of the worker's output."""
        return view.log.version, _size(view.folder.log), self.sought, view.status

    def show(self, view: RunView) -> None:
        """Draw, and scroll to the end if it was there."""
        follows = self.scroll_offset.y >= self.max_scroll_y and not self.sought
        super().show(view)
        if follows and self.display:
            self.scroll_end(animate=False)

    def draw(self, view: RunView, width: int, height: int) -> list[Line]:
        """The entries, long ones wrapped and indented, with search hits highlighted."""
        entries = merged(view.log.shown(), printed(view.folder.log))
        if not entries:
            return [[(" nothing has happened yet: its worker is starting", "muted")]]
        lines: list[Line] = []
        if view.log.dropped:
            lines.append([(f" … {count(view.log.dropped)} entries before this", "muted")])
        self._hits = []
        for entry in entries:
            if self.sought and self.sought in entry.text.lower():
                self._hits.append(len(lines))
            lines += self._entry(entry, width)
        return lines

    def _entry(self, entry: Entry, width: int) -> list[Line]:
        role = ROLES.get(entry.kind, "")
        if entry.kind == "printed" and "error" in entry.text.lower():
            role = "bad"
        rows = _broken(clean(entry.text), max(20, width - INDENT - 1))
        heads = [f" {clock(entry.time)}  ", *[" " * INDENT] * (len(rows) - 1)]
        return [
            [(head, "muted"), *self._marked(row, role)]
            for head, row in zip(heads, rows, strict=True)
        ]

    def _marked(self, text: str, role: str) -> Line:
        """The text with search hits highlighted."""
        spans: Line = []
        lowered, at = text.lower(), 0
        while self.sought and (found := lowered.find(self.sought, at)) >= 0:
            end = found + len(self.sought)
            spans += [(text[at:found], role), (text[found:end], "selected")]
            at = end
        return [span for span in [*spans, (text[at:], role)] if span[0]]

    def search(self, text: str) -> None:
        """Search ``text`` (ignoring case) and scroll to its last entry."""
        self.sought = text.lower()
        self._hit = -1
        self.redraw()
        self.next_hit(-1)

    def next_hit(self, by: int) -> None:
        """Scroll to the next hit, or with -1 to the one before."""
        if self._hits:
            self._hit = (
                (self._hit + by) % len(self._hits) if self._hit >= 0 else len(self._hits) - 1
            )
            self.scroll_to(y=max(0, self._hits[self._hit] - self.size.height // 2), animate=False)

    @property
    def found(self) -> str:
        """The number of the current hit of how many; "" without a search."""
        if not self.sought:
            return ""
        return f"{self._hit + 1}/{len(self._hits)}" if self._hits else "not found"


def _broken(text: str, width: int) -> list[str]:
    """Wrapped to ``width`` columns, keeping the indentation."""
    indent = len(text) - len(text.lstrip(" "))
    if len(text) <= width or indent > width // 2:
        return [text[i : i + width] for i in range(0, len(text), width)] or [""]
    return [" " * indent + row for row in wrap(text.lstrip(" "), width - indent)]


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0
