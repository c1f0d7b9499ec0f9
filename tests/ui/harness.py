"""The app opened on one run or on the list of runs, the same on every machine."""

import sys
from pathlib import Path
from typing import ClassVar

from textual.pilot import Pilot

from workbench.runs.store.folder import RunFolder
from workbench.ui.app import WorkbenchApp
from workbench.ui.run.panel import Panel
from workbench.ui.run.screen import RunScreen
from workbench.ui.runs.screen import RunsScreen
from workbench.ui.widgets.lines import Lines, plain

STYLES = Path(sys.modules[WorkbenchApp.__module__].__file__ or "").parent


class ScreenApp(WorkbenchApp):
    """Starts at the runs, with no word of the machine that it is on."""

    DEFAULT_MODE = "runs"
    CSS_PATH: ClassVar = [str(STYLES / name) for name in WorkbenchApp.CSS_PATH]

    def __init__(self, root: Path, folder: RunFolder | None = None) -> None:
        super().__init__(root)
        self._folder = folder

    def on_ready(self) -> None:
        """Open the run that is asked for."""
        if self._folder is not None:
            self.open_run(self._folder)

    def _count_runs(self) -> None:  # type: ignore[override]
        """Device and live runs of this machine would differ from image to image."""


async def settle(pilot: Pilot[None]) -> None:
    """Wait until the screen has read what there is and shown it."""
    for _ in range(100):
        await pilot.pause(0.02)
        screen = pilot.app.screen
        if isinstance(screen, RunScreen) and not screen._waiting and screen.feed.state.step:
            break
        if isinstance(screen, RunsScreen) and screen._listing.runs.roots and not screen._told:
            break
    await pilot.pause(0.05)


def text_of(widget: Lines) -> str:
    """What a widget of lines shows, as text."""
    return "\n".join(plain(line) for line in widget.lines)


def panel(pilot: Pilot[None], kind: type[Panel]) -> Panel:
    """A panel of the Run screen in view."""
    return pilot.app.screen.query_one(kind)
