"""What all panels of a run share: they get the same view, and draw only what they depend on."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import ClassVar

from workbench.runs.history.log import RunLog
from workbench.runs.history.state import RunState
from workbench.runs.live.status import RunStatus
from workbench.runs.store.folder import RunFolder
from workbench.ui.widgets.lines import Line, Lines


@dataclass(frozen=True)
class RunView:
    """A run at one moment, as every panel gets it."""

    folder: RunFolder
    state: RunState
    status: RunStatus
    log: RunLog
    split: str = "validation"  # which evaluation the panels show: validation or test
    waiting: str = ""  # what the screen itself waits for ("reading the history 40 %")


class Panel(Lines):
    """Shows some aspect of a run; drawn again only when what it depends on has changed."""

    title: ClassVar[str] = ""
    calm: ClassVar[bool] = False  # its numbers change all the time: once a second is enough

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.view: RunView | None = None
        self._drawn: Hashable = None

    def key(self, view: RunView) -> Hashable:
        """What the drawing depends on, beside the size: equal keys look the same."""
        return id(view)  # a panel that does not say is drawn every time

    def draw(self, view: RunView, width: int, height: int) -> list[Line]:
        """The lines for a run."""
        return [[(f" {self.title}", "muted")]]

    def show(self, view: RunView) -> None:
        """Show a run as it is now; nothing is drawn while the panel is out of sight."""
        self.view = view
        width, height = self.size
        if not (self.display and self.is_attached and width and height):
            return
        drawn = (width, height, self.key(view))
        if drawn != self._drawn:
            self._drawn = drawn
            self.show_lines(self.draw(view, width, height))

    def redraw(self) -> None:
        """Show the same run again, after a change of size or of a setting."""
        if self.view is not None:
            self.show(self.view)

    def on_resize(self) -> None:
        """Fit the new size."""
        self.redraw()

    def on_show(self) -> None:
        """Catch up with what happened while out of sight."""
        self.redraw()
