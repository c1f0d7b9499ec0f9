"""A line of tabs: number and title, the active one marked; a click chooses one."""

from collections.abc import Sequence

from textual import events
from textual.geometry import Size
from textual.message import Message

from workbench.ui.widgets.lines import Line, Lines


class TabLine(Lines):
    """The tabs of some panels; posts :class:`Chosen` when one is clicked."""

    class Chosen(Message):
        """The tab ``index``, counted from 0, was clicked."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self, titles: list[str], *, id: str) -> None:
        super().__init__(id=id)
        self._titles = titles
        self._active = 0

    def choose(self, active: int) -> None:
        """Mark the tab ``active``, counted from 0."""
        self._active = active
        self.show_lines([self._spans()])

    def on_mount(self) -> None:
        """Draw the tabs."""
        self.choose(self._active)

    def on_resize(self) -> None:
        """Cut the titles to the new width."""
        self.choose(self._active)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """Columns for whole titles and a gap behind them."""
        return _width(self._titles) + 2

    def on_click(self, event: events.Click) -> None:
        """Post which tab is below the pointer."""
        at = 0
        for index, (text, _) in enumerate(self._spans()):
            at += len(text)
            if event.x < at:
                self.post_message(self.Chosen(index))
                return

    def _spans(self) -> Line:
        return [
            (f" {index + 1} {title} ", "selected" if index == self._active else "muted")
            for index, title in enumerate(fitting_titles(self._titles, self.size.width))
        ]


def fitting_titles(titles: Sequence[str], width: int) -> list[str]:
    """The titles, the longest cut until their tabs fit into ``width`` columns (0: any width)."""
    longest = max(map(len, titles))
    while width and longest > 1 and _width([title[:longest] for title in titles]) > width:
        longest -= 1
    return [title[:longest] for title in titles]


def _width(titles: Sequence[str]) -> int:
    return sum(len(title) + 4 for title in titles)
