"""One line of tabs: number and name, the one in view marked; a click chooses."""

from textual import events
from textual.message import Message

from workbench.ui.widgets.lines import Line, Lines


class TabLine(Lines):
    """The names of the panels."""

    class Chosen(Message):
        """A tab was clicked."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self, titles: list[str], *, id: str) -> None:
        super().__init__(id=id)
        self._titles = titles
        self._active = 0

    def choose(self, active: int) -> None:
        """Mark one tab."""
        self._active = active
        self.show_lines([self._spans()])

    def on_mount(self) -> None:
        """Draw it for the first time."""
        self.choose(self._active)

    def on_click(self, event: events.Click) -> None:
        """Find the tab below the pointer."""
        at = 0
        for index, (text, _) in enumerate(self._spans()):
            at += len(text)
            if event.x < at:
                self.post_message(self.Chosen(index))
                return

    def _spans(self) -> Line:
        return [
            (f" {index + 1} {title} ", "selected" if index == self._active else "muted")
            for index, title in enumerate(self._titles)
        ]
