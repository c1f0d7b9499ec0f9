"""One row of the form: name, editor, unit, and the reason for a refusal."""

from dataclasses import dataclass
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Select, Static

from workbench.config import FieldSpec
from workbench.ui.draft import Draft, read_text, show_value
from workbench.ui.panels.choice import Choice

# The key that chooses a section's kind is called by what it chooses.
CHOOSES = {
    "model.kind": "network",
    "data.name": "data set",
    "optimizer.kind": "optimiser",
    "schedule.kind": "schedule",
    "task.kind": "task",
}
INLINE = 30  # cells that choices may take in a row; more become a drop-down list


class DropDown(Select[Any], inherit_bindings=False):
    """A drop-down list that opens by enter or space; the arrows go on to the next row."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "show_overlay", "Choices", id="field.choices", show=False),
    ]


class FieldRow(Vertical):
    """A key of the configuration, edited in place; a refusal is told on a line below."""

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
        """A value was typed or chosen; it is not validated yet."""

        key: str
        value: Any

    @dataclass
    class ResetAsked(Message):
        """The preset's value is wanted again."""

        key: str

    @dataclass
    class Left(Message):
        """The row above (-1) or below (1) is wanted."""

        row: "FieldRow"
        direction: int

    def __init__(self, spec: FieldSpec, draft: Draft) -> None:
        super().__init__(classes="field")
        self.spec = spec
        self._shown = draft.value(spec.key)
        self._editor = self._make_editor(self._shown)
        self._label = Static(classes="label", markup=False)
        self._beside = Static(classes="beside", markup=False)
        self._refusal: Static | None = None
        self._words = ("", "")  # label and what is beside, as they are shown

    def compose(self) -> ComposeResult:
        """Name, editor, and the word beside it."""
        with Horizontal():
            yield self._label
            yield self._editor
            yield self._beside

    def show(self, draft: Draft, hint: str = "", *, typing: bool = False) -> None:
        """Show what the draft has for this key.

        While one is ``typing`` the editor in use is left alone: it may be ahead of the draft.
        """
        key = self.spec.key
        value = draft.value(key)
        if value != self._shown and not (typing and self.has_focus_within):
            self._shown = value
            self._put(value)
        changed, problem = key in draft.changes, draft.problem(key)
        self.set_class(changed, "-changed")
        self.set_class(bool(problem), "-refused")
        label = f"{'•' if changed else ' '} {CHOOSES.get(key, self.spec.name)}"
        beside = "  ".join(filter(None, (self.spec.unit, hint)))
        if label != self._words[0]:
            self._label.update(label, layout=False)
        if beside != self._words[1]:
            self._beside.update(Content(beside), layout=False)
        self._words = (label, beside)
        self._refuse(problem)

    def _refuse(self, problem: str) -> None:
        if self._refusal is None:
            if not problem:
                return  # most rows never need the line
            self._refusal = Static(classes="refusal", markup=False)
            self.mount(self._refusal)
        self._refusal.display = bool(problem)
        self._refusal.update(f"✗ {problem}")

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
        wide = spec.type in ("list", "str")
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
