"""The top line: modes, live runs, device, and the key for help."""

from textual.content import Content
from textual.widgets import Static

MODES = (("presets", "Presets"), ("run", "Run"), ("runs", "Runs"))


class TopBar(Static):
    """The names of the modes can be clicked."""

    def __init__(self, mode: str) -> None:
        super().__init__(id="topbar")
        self._mode = mode

    def on_mount(self) -> None:
        """Follow the app's values."""
        self.watch(self.app, "live_runs", self._draw)
        self.watch(self.app, "device", self._draw)

    def on_resize(self) -> None:
        """Fit the new width."""
        self._draw()

    def _draw(self) -> None:
        live = int(getattr(self.app, "live_runs", 0))
        device = str(getattr(self.app, "device", ""))
        left = [Content.styled(" workbench ", "bold $accent"), Content(" ")]
        for mode, title in MODES:
            style = "bold $text on $primary 40%" if mode == self._mode else "$foreground"
            label = f" {title} "
            left.append(Content(label).stylize(style).stylize(f"@click=app.show_{mode}"))
            if mode == "runs" and live:
                left.append(Content.styled(f" ●{live}", "$good"))
        right = Content.assemble(
            (f"{device}   " if device else "", "$muted"),
            Content.from_markup("[@click=app.command_palette]^p palette[/]  "),
            Content.from_markup("[@click=app.help]? help[/] "),
        )
        start = Content.assemble(*left)
        gap = self.size.width - start.cell_length - right.cell_length
        if gap < 1:  # a narrow terminal: the device line gives way
            right = Content.from_markup("[@click=app.help]? help[/] ")
            gap = max(1, self.size.width - start.cell_length - right.cell_length)
        self.update(Content.assemble(start, " " * gap, right))
