"""Dialogs: a yes/no question, a line of text, a text to read."""

from collections.abc import Callable
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static


class Confirm(ModalScreen[bool]):
    """Asks a yes/no question; returns True for yes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes", id="confirm.yes"),
        Binding("n,escape,q", "answer(False)", "No", id="confirm.no"),
    ]

    def __init__(self, question: str, yes: str = "yes", no: str = "no") -> None:
        """``question`` is shown without markup; ``yes`` and ``no`` are the words of the answers."""
        super().__init__()
        self._question, self._yes, self._no = question, yes, no

    def compose(self) -> ComposeResult:
        """The question and its two keys."""
        with Vertical(classes="dialog"):
            yield Static(Content(self._question))
            yield Static(
                Content.assemble(
                    (f" y {self._yes} ", "bold $text on $error 40%"),
                    "   ",
                    (f" n {self._no} ", "bold $text on $primary 30%"),
                ),
                classes="answers",
            )

    def action_answer(self, answer: bool) -> None:
        """Close with the answer."""
        self.dismiss(answer)

    def on_click(self, event: events.Click) -> None:
        """A click on one of the answers gives it."""
        answers = self.query_one(".answers", Static).region
        if answers.contains_point(event.screen_offset):
            self.dismiss(event.screen_x - answers.x < len(self._yes) + 4)


class Ask(ModalScreen[str | None]):
    """Asks for one line of text; returns None if cancelled.

    ``refuse`` returns what is wrong with a text, "" if nothing; called at each key.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", id="ask.cancel"),
    ]

    def __init__(self, question: str, value: str, refuse: Callable[[str], str]) -> None:
        super().__init__()
        self._question, self._value, self._refuse = question, value, refuse

    def compose(self) -> ComposeResult:
        """The question, the line, and what is wrong with it."""
        with Vertical(classes="dialog"):
            yield Static(Content(self._question))
            yield Input(self._value, compact=True)
            yield Static(classes="refusal", markup=False)
            yield Static(Content.styled("enter save   esc cancel", "$muted"))

    @on(Input.Changed)
    def _check(self, event: Input.Changed) -> None:
        self.query_one(".refusal", Static).update(self._refuse(event.value.strip()))

    @on(Input.Submitted)
    def _take(self, event: Input.Submitted) -> None:
        text = event.value.strip()
        if not self._refuse(text):
            self.dismiss(text)


class Reader(ModalScreen[None]):
    """Shows a text in a box that scrolls."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "dismiss", "Close", id="reader.close"),
        Binding("j", "scroll(1)", "Down", id="reader.down", show=False),
        Binding("k", "scroll(-1)", "Up", id="reader.up", show=False),
    ]

    def __init__(self, title: str, text: Content) -> None:
        super().__init__()
        self._title, self._text = title, text

    def compose(self) -> ComposeResult:
        """The text under its title."""
        with VerticalScroll(classes="reader") as box:
            box.border_title = Content(self._title)
            box.border_subtitle = "esc close"
            yield Static(self._text)

    def action_scroll(self, lines: int) -> None:
        """Scroll by lines."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)
