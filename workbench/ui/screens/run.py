"""One run: what it is, where it stands."""

from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Footer, Static

from workbench.runs.folder import RunFolder
from workbench.ui.panels.topbar import TopBar


class RunScreen(Screen[None]):
    """One run, live or finished."""

    def __init__(self, folder: RunFolder) -> None:
        super().__init__()
        self.folder = folder

    def compose(self) -> ComposeResult:
        """Top line, the run, keys."""
        yield TopBar("run")
        yield Static(self.folder.id, markup=False)
        yield Footer(show_command_palette=False)
