"""The base class of the Run screen's panels, and the view of a run that each one draws.

A panel is a file of this folder, ``NAME.py``, with a class ``NamePanel``; its name in ``PANELS``
of ``ui/run/screen.py`` makes it a tab.
"""

import importlib
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, cast

from workbench.runs.history.log import RunLog
from workbench.runs.history.state import RunState
from workbench.runs.live.status import RunStatus
from workbench.runs.store.folder import RunFolder
from workbench.ui.widgets.lines import Line, Lines


@dataclass(frozen=True)
class RunView:
    """A run at one moment: what every panel draws from."""

    folder: RunFolder
    state: RunState
    status: RunStatus
    log: RunLog
    split: str = "validation"  # of which the panels show the evaluation: validation or test
    waiting: str = ""  # what the screen is doing ("reading the history 40 %")


class Panel(Lines):
    """Shows some aspect of a run; drawn again only when its :meth:`key` has changed."""

    title: ClassVar[str] = ""  # of its tab
    calm: ClassVar[bool] = False  # updated once a second, not twice

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.view: RunView | None = None
        self._drawn: Hashable = None

    def key(self, view: RunView) -> Hashable:
        """What the drawing depends on beside the size; by default it is drawn every time."""
        return id(view)

    def draw(self, view: RunView, width: int, height: int) -> list[Line]:
        """The lines for a run, at most ``width`` columns wide; more than ``height`` scroll."""
        return [[(f" {self.title}", "muted")]]

    def show(self, view: RunView) -> None:
        """Draw a run, if the panel is in sight and its key or size has changed."""
        self.view = view
        width, height = self.size
        if not (self.display and self.is_attached and width and height):
            return
        drawn = (width, height, self.key(view))
        if drawn != self._drawn:
            self._drawn = drawn
            self.show_lines(self.draw(view, width, height))

    def redraw(self) -> None:
        """Draw the same run again, after a change of size or of a setting."""
        if self.view is not None:
            self.show(self.view)

    def on_resize(self) -> None:
        """Fit the new size."""
        self.redraw()

    def on_show(self) -> None:
        """Draw what changed while out of sight."""
        self.redraw()


def modified(path: Path) -> int:
    """When a file was modified, in ns; 0 where there is none."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def panel_class(name: str) -> type[Panel]:
    """The class ``NamePanel`` of ``ui/run/name.py``."""
    module = importlib.import_module(f"workbench.ui.run.{name}")
    return cast(type[Panel], getattr(module, f"{name.title()}Panel"))
