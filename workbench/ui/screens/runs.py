"""Every run."""

from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Footer

from workbench.ui.panels.topbar import TopBar


class RunsScreen(Screen[None]):
    """The library of runs."""

    def compose(self) -> ComposeResult:
        """Top line, the list, keys."""
        yield TopBar("runs")
        yield Footer(show_command_palette=False)
