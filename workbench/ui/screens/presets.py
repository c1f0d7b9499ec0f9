"""Choosing a preset, editing it, seeing what the network costs, starting it."""

from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Footer

from workbench.ui.panels.topbar import TopBar


class PresetsScreen(Screen[None]):
    """Presets by family, the form, the layer table."""

    def compose(self) -> ComposeResult:
        """Top line, the panels, keys."""
        yield TopBar("presets")
        yield Footer(show_command_palette=False)
