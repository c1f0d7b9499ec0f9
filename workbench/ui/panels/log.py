"""The end of the worker's log, as text and nothing but text."""

import os
from collections.abc import Hashable
from pathlib import Path
from typing import ClassVar

from workbench.runs.files import open_to_read
from workbench.ui.panels.lines import Line
from workbench.ui.panels.panel import Panel, RunView
from workbench.ui.panels.words import clean

TAIL = 64 << 10  # bytes shown of the end
LONGEST = 500  # cells of a line


class LogPanel(Panel):
    """Notices of the run, then its log; stays at the end unless scrolled away from it."""

    title: ClassVar[str] = "Log"

    def key(self, view: RunView) -> Hashable:
        """The size of the log, and the notices."""
        return _size(view.folder.log), tuple(view.state.notices)

    def show(self, view: RunView) -> None:
        """Follow the end."""
        follows = self.scroll_offset.y >= self.max_scroll_y
        super().show(view)
        if follows and self.display:
            self.scroll_end(animate=False)

    def draw(self, view: RunView, width: int, height: int) -> list[Line]:
        """Plain lines, errors coloured."""
        lines: list[Line] = [[(f" {clean(text)}", "warn")] for text in view.state.notices]
        lines += [_line(text) for text in read_tail(view.folder.log)]
        return lines or [[(" the worker has written nothing to its log", "muted")]]


def read_tail(path: Path) -> list[str]:
    """The last lines of a log, without control characters; a progress bar's last state only."""
    try:
        with open_to_read(path) as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(max(0, size - TAIL))
            data = file.read(TAIL)
    except OSError:
        return []
    lines = data.decode("utf-8", errors="replace").split("\n")
    if size > TAIL:
        lines = ["…", *lines[1:]]
    shown = [clean(line.rstrip("\r").rpartition("\r")[2].expandtabs(4))[:LONGEST] for line in lines]
    while shown and not shown[-1].strip():
        shown.pop()
    return shown


def _line(text: str) -> Line:
    lowered = text.lower()
    role = "bad" if "error" in lowered or "traceback" in lowered else ""
    return [(f" {text}", role)]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
