"""A row of the form: name, editor, unit, and why its value is refused."""

import textwrap
from dataclasses import dataclass
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Select

from workbench.config import FieldSpec
from workbench.ui.presets.draft import Draft, read_text, show_value
from workbench.ui.widgets.choice import Choice

# The key that chooses a section's kind is called by what it chooses.
CHOOSES = {
    "model.kind": "network",
    "data.name": "data set",
    "optimizer.kind": "optimiser",
    "schedule.kind": "schedule",
    "task.kind": "task",
}
INLINE = 30  # cells that choices may take in a row; more become a drop-down list


EDITOR = 12  # cells of an editor before it is laid out


class DropDown(Select[Any], inherit_bindings=False):
    """A drop-down list that opens with enter or space; arrows go to the next row."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "show_overlay", "Choices", id="field.choices", show=False),
    ]


class FieldRow(Widget):
    """A key of the configuration with its editor; a refusal is shown on a line below."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "leave(1)", "Next field", id="field.next", show=False),
        Binding("up,k", "leave(-1)", "Previous field", id="field.previous", show=False),
        Binding(
            "f8,ctrl+z", "reset", "Reset field", id="field.reset", key_display="F8",
            tooltip="Set this field to the preset's value again",
        ),
    ]  # fmt: skip

    @dataclass
    class Edited(Message):
        """A value was typed or chosen; not validated yet."""

        key: str
        value: Any

    @dataclass
    class ResetAsked(Message):
        """The preset's value was asked for."""

        key: str

    @dataclass
    class Left(Message):
        """The cursor should go to the row above (-1) or below (1)."""

        row: "FieldRow"
        direction: int

    def __init__(self, spec: FieldSpec, draft: Draft) -> None:
        super().__init__(classes="field")
        self.spec = spec
        self._shown = self.initial(draft)
        self._editor = self._make_editor(self._shown)
        self._changed = False
        self._beside = ""
        self._problem = ""

    def initial(self, draft: Draft) -> Any:
        """The value at first."""
        return draft.value(self.spec.key)

    def compose(self) -> ComposeResult:
        """The editor; the row draws the text around it."""
        yield self._editor

    def render(self) -> Content:
        """The name, the text beside the editor, and the refusal below it."""
        name = CHOOSES.get(self.spec.key, self.spec.name)
        style = "$changed" if self._changed else "$muted"
        if self.has_focus_within:
            style += " bold"
        start = self._editor.styles.margin.left
        gap = int(self._editor.outer_size.width) or EDITOR
        mark = "•" if self._changed else " "
        first = Content.assemble(
            (f"{mark} {name:<{start - 2}}", style), " " * (gap + 1), (self._beside, "$muted")
        )
        below = [Content.styled(" " * start + line, "$bad") for line in self._refusal()]
        return Content("\n").join([first.truncate(max(1, self.size.width)), *below])

    def show(self, draft: Draft, hint: str = "", *, typing: bool = False) -> None:
        """Show the draft's value.

        While ``typing``, the focused editor is not changed: it may be ahead of the draft.
        """
        key = self.spec.key
        value = draft.value(key)
        if value != self._shown and not (typing and self.has_focus_within):
            self._shown = value
            self._put(value)
        words = (
            key in draft.changes,
            "  ".join(filter(None, (self.spec.unit, hint))),
            draft.problem(key),
        )
        if words != (self._changed, self._beside, self._problem):
            self._changed, self._beside, self._problem = words
            self._fit()

    def on_resize(self) -> None:
        """Wrap the refusal to the new width."""
        self._fit()

    def on_descendant_focus(self) -> None:
        """Highlight the name of the focused field."""
        self.refresh()

    def on_descendant_blur(self) -> None:
        """End the highlight."""
        self.refresh()

    def on_click(self) -> None:
        """Focus the editor."""
        self.focus_editor()

    def _refusal(self) -> list[str]:
        room = self.size.width - self._editor.styles.margin.left
        return textwrap.wrap(f"✗ {self._problem}", max(10, room)) if self._problem else []

    def _fit(self) -> None:
        self.styles.height = 1 + len(self._refusal())
        self.refresh()

    def focus_editor(self) -> None:
        """Put the cursor into this row."""
        self._editor.focus()

    @property
    def help_text(self) -> str:
        """What the key means, its name in a file, and its bounds."""
        words = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
        bounds = ", ".join(f"{words[name]} {bound:g}" for name, bound in self.spec.bounds.items())
        return f"{self.spec.help}  ({', '.join(filter(None, (self.spec.key, bounds)))})"

    def action_leave(self, direction: int) -> None:
        """Go to the row above or below."""
        self.post_message(self.Left(self, direction))

    def action_reset(self) -> None:
        """Ask for the preset's value."""
        self.post_message(self.ResetAsked(self.spec.key))

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._tell(read_text(self.spec, event.value))

    @on(Choice.Chosen)
    def _chosen(self, event: Choice.Chosen) -> None:
        event.stop()
        self._tell(event.value)

    @on(Select.Changed)
    def _selected(self, event: Select.Changed) -> None:
        event.stop()
        self._tell(event.value)

    def _tell(self, value: Any) -> None:
        if value != self._shown:
            self._shown = value
            self.post_message(self.Edited(self.spec.key, value))

    def _make_editor(self, value: Any) -> Widget:
        spec = self.spec
        if spec.type == "bool":
            return Choice([(True, "on"), (False, "off")], value)
        if spec.type == "choice":
            options = [(choice, str(choice)) for choice in spec.choices]
            if sum(len(label) + 4 for _, label in options) <= INLINE:
                return Choice(options, value)
            return DropDown(
                [(label, choice) for choice, label in options],
                allow_blank=False, value=value, compact=True,
            )  # fmt: skip
        wide = spec.type in ("list", "str", "table")
        return Input(
            show_value(value), compact=True, select_on_focus=False, classes="wide" if wide else ""
        )

    def _put(self, value: Any) -> None:
        editor = self._editor
        if isinstance(editor, Choice):
            editor.show(value)
        elif isinstance(editor, Select):
            editor.value = value
        elif isinstance(editor, Input) and read_text(self.spec, editor.value) != value:
            editor.value = show_value(value)
