"""The menu of what can be done with a run, with the command line that does the same."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from workbench.ui.actions.catalogue import RunAction
from workbench.ui.widgets.formatting import clean

TITLE = 34  # columns of a title


class ActionMenu(ModalScreen[RunAction | None]):
    """Lists actions; typing filters them, enter chooses one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Close", id="actions.close"),
        Binding("down", "move(1)", "Down", id="actions.down", show=False),
        Binding("up", "move(-1)", "Up", id="actions.up", show=False),
        Binding("ctrl+y", "copy", "Copy the command line", id="actions.copy", show=False),
    ]

    def __init__(self, run: str, actions: list[RunAction]) -> None:
        super().__init__()
        self._run, self._actions = run, actions
        self._shown = actions

    def compose(self) -> ComposeResult:
        """A filter, the actions, and the command line of the one under the cursor."""
        with Vertical(classes="dialog menu") as box:
            box.border_title = Content(clean(self._run))
            box.border_subtitle = "enter do it   ^y copy the command   esc close"
            yield Input(compact=True, placeholder="type to filter")
            yield OptionList(*self._options(), compact=True)
            yield Static(classes="command", markup=False)

    def on_mount(self) -> None:
        """Put the cursor on the first action."""
        self._list.highlighted = 0 if self._shown else None

    @property
    def _list(self) -> OptionList:
        return self.query_one(OptionList)

    def _options(self) -> list[Option]:
        return [Option(action.title) for action in self._shown]

    @on(Input.Changed)
    def _filter(self, event: Input.Changed) -> None:
        text = event.value.casefold()
        self._shown = [a for a in self._actions if text in f"{a.title} {a.name}".casefold()]
        self._list.clear_options()
        self._list.add_options(self._options())
        self._list.highlighted = 0 if self._shown else None
        self._tell()

    @on(Input.Submitted)
    def _take(self) -> None:
        if (at := self._list.highlighted) is not None:
            self.dismiss(self._shown[at])

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._shown[event.option_index])

    @on(OptionList.OptionHighlighted)
    def _highlighted(self) -> None:
        self._tell()

    def _tell(self) -> None:
        at = self._list.highlighted
        line = self._shown[at].line(self._run) if at is not None and self._shown else ""
        self.query_one(".command", Static).update(clean(line) or " ")

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        if self._shown:
            self._list.highlighted = ((self._list.highlighted or 0) + by) % len(self._shown)

    def action_copy(self) -> None:
        """Copy the command line to the terminal's clipboard (OSC 52)."""
        at = self._list.highlighted
        if at is not None and (line := self._shown[at].line(self._run)):
            self.app.copy_to_clipboard(line)
            self.notify(f"Copied: {line}", markup=False)
