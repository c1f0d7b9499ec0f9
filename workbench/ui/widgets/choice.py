"""Widgets to choose one of a few options on one line, and strips of tabs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget


class Choice(Widget, can_focus=True):
    """``● cifar  ○ imagenet``: arrows, h and l, space or a click choose."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,l,space", "step(1)", "Next choice", id="choice.next", show=False),
        Binding("left,h", "step(-1)", "Previous choice", id="choice.previous", show=False),
    ]

    @dataclass
    class Chosen(Message):
        """Another option was chosen."""

        choice: "Choice"
        value: Any

        @property
        def control(self) -> "Choice":
            """The widget that the message comes from."""
            return self.choice

    def __init__(
        self,
        options: Sequence[tuple[Any, str]],
        value: Any,
        *,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._options = list(options)
        self._value = value

    @property
    def value(self) -> Any:
        """The chosen value."""
        return self._value

    def show(self, value: Any) -> None:
        """Set the value without a message."""
        if value != self._value:
            self._value = value
            self.refresh()

    def render(self) -> Content:
        """The options in one line, the chosen one marked."""
        return Content.assemble(
            *(self._option(label, value == self._value) for value, label in self._options)
        )

    def get_content_width(self, container: object, viewport: object) -> int:
        """The width of its text."""
        return sum(
            self._option(label, value == self._value).cell_length for value, label in self._options
        )

    def action_step(self, by: int) -> None:
        """Choose the next or the previous option, around the ends."""
        values = [value for value, _ in self._options]
        at = values.index(self._value) if self._value in values else -by
        self._choose(values[(at + by) % len(values)])

    def on_click(self, event: events.Click) -> None:
        """Choose what is under the pointer."""
        left = 0
        for value, label in self._options:
            width = self._option(label, value == self._value).cell_length
            if left <= event.get_content_offset_capture(self).x < left + width:
                self._choose(value)
                return
            left += width

    def _choose(self, value: Any) -> None:
        if value != self._value:
            self.show(value)
            self.post_message(self.Chosen(self, value))

    def _option(self, label: str, chosen: bool) -> Content:
        mark = ("● ", "$primary") if chosen else ("○ ", "$muted")
        return Content.assemble(mark, (label, "bold" if chosen else "$muted"), "  ")


class Strip(Choice):
    """Tabs in one line, the chosen one highlighted."""

    def _option(self, label: str, chosen: bool) -> Content:
        return Content.styled(f" {label} ", "bold $text on $primary 40%" if chosen else "$muted")
