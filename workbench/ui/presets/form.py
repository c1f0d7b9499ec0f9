"""The form: a preset's sections as tabs, with a row for every key."""

from typing import Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from workbench.config import RunConfig, describe, difference
from workbench.runs.places.config import LOCAL
from workbench.ui.presets.dataset_info import dataset_info, schedule_curve
from workbench.ui.presets.draft import Draft, show_value
from workbench.ui.presets.fields import FieldRow
from workbench.ui.presets.place_row import PlaceRow, place_names
from workbench.ui.widgets.choice import Choice, Strip

# The tabs, each with the sections of the configuration that it shows.
TABS: dict[str, tuple[str, ...]] = {
    "Model": ("model",),
    "Data": ("data",),
    "Augment": ("augment",),
    "Optimiser": ("optimizer",),
    "Schedule": ("schedule",),
    "Train": ("train", "task"),
}

PLACE_TAB = "Train"  # the one that says where a run trains


class PresetForm(Vertical):
    """Shows a :class:`Draft` and posts the person's changes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f5", "screen.start", "Start", id="form.start", key_display="F5",
                tooltip="Start training with the settings as they are"),
        Binding("pagedown", "section(1)", "Next section", id="form.next", show=False),
        Binding("pageup", "section(-1)", "Previous section", id="form.previous", show=False),
    ]  # fmt: skip

    def __init__(self, draft: Draft | None) -> None:
        super().__init__(id="form")
        self._draft = draft
        self._tab = "Model"
        self._built: tuple[object, ...] = ()
        self._rows: list[FieldRow] = []
        self._hints: dict[str, str] = {}
        self._place, self._place_problem = LOCAL, ""

    def compose(self) -> ComposeResult:
        """Header, section tabs, rows, and a line of help for the focused row."""
        draft = self._draft
        with VerticalScroll(id="about", can_focus=False):
            yield Static(about_text(draft.base) if draft else "", id="about-text")
        yield Strip([(tab, tab) for tab in TABS], self._tab, id="sections")
        with VerticalScroll(id="rows", can_focus=False):
            if draft is not None:
                yield from self._build_rows(draft)
            yield Static(id="section-problem", markup=False)
        yield Static(id="field-help", markup=False)

    async def show(self, draft: Draft, *, epochs_hint: str = "", typing: bool = False) -> None:
        """Show a draft; rows are rebuilt only if the section has other keys now.

        ``epochs_hint`` is shown beside the length of the run. While ``typing``, the focused field
        is not changed.
        """
        if self._draft is None or draft.base is not self._draft.base:
            self.query_one("#about-text", Static).update(about_text(draft.base))
        self._draft = draft
        length = "train.steps" if draft.config.train.by_steps else "train.epochs"
        self._hints = {"optimizer.lr": schedule_curve(draft.config), length: epochs_hint}
        await self._show_tab(typing)

    def focus_first(self) -> None:
        """Put the cursor into the first row."""
        if self._rows:
            self._rows[0].focus_editor()

    async def _show_tab(self, typing: bool = False) -> None:
        draft = self._draft
        if draft is None:
            return
        if self._kinds(draft) != self._built:
            focused = self._focused_key()
            before, area = self._rows, self.query_one("#rows", VerticalScroll)
            async with self.batch():
                await area.remove_children(before)
                await area.mount_all(self._build_rows(draft), before=0)
            for row in self._rows:
                if row.spec.key == focused:  # the kind was changed: stay on it
                    row.focus_editor()
        for row in self._rows:
            row.show(draft, self._hints.get(row.spec.key, ""), typing=typing)
        problems = [f"✗ {text}" for name in TABS[self._tab] if (text := draft.problem(name))]
        if self._tab == PLACE_TAB and self._place_problem:
            problems.append(f"✗ {self._place_problem}")
        self.query_one("#section-problem", Static).update("\n".join(problems))

    def _build_rows(self, draft: Draft) -> list[FieldRow]:
        """Build a row for every key of the sections in view."""
        self._built = self._kinds(draft)
        self._rows = [
            FieldRow(spec, draft)
            for name in TABS[self._tab]
            for spec in describe(getattr(draft.config, name), name, RunConfig)
        ]
        if self._tab == PLACE_TAB:
            names, self._place_problem = place_names()
            if len(names) > 1:
                self._rows.insert(0, PlaceRow(names, self._place, draft))
        return self._rows

    def on_place_row_chosen(self, message: PlaceRow.Chosen) -> None:
        """Remember the place when the tab is turned to again; the screen hears of it too."""
        self._place = message.name

    def _kinds(self, draft: Draft) -> tuple[object, ...]:
        return (self._tab, *(type(getattr(draft.config, name)) for name in TABS[self._tab]))

    def _focused_key(self) -> str:
        focused = self.screen.focused
        for row in self._rows:
            if focused is not None and row in focused.ancestors:
                return row.spec.key
        return ""

    @on(Choice.Chosen, "#sections")
    async def _turn_to(self, event: Choice.Chosen) -> None:
        event.stop()
        self._tab = event.value
        await self._show_tab()

    def action_section(self, by: int) -> None:
        """Turn to the next or previous section."""
        self.query_one(Strip).action_step(by)
        self.query_one(Strip).focus()

    def on_field_row_left(self, message: FieldRow.Left) -> None:
        """Move the cursor to the row above or below; above the first are the tabs."""
        message.stop()
        at = self._rows.index(message.row) + message.direction
        if at < 0:
            self.query_one(Strip).focus()
        elif at < len(self._rows):
            self._rows[at].focus_editor()

    def on_key(self, event: events.Key) -> None:
        """From the tabs down into the rows."""
        if event.key in ("down", "j", "enter") and self.query_one(Strip).has_focus:
            event.stop()
            self.focus_first()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Show the help of the focused field."""
        for row in self._rows:
            if row in event.widget.ancestors:
                self.query_one("#field-help", Static).update(row.help_text)
                return
        self.query_one("#field-help", Static).update("")


def about_text(config: RunConfig) -> Content:
    """Title, data, description and source of a preset."""
    about: Any = config.about
    parts: list[Any] = [
        (about.title or about.preset, "bold"),
        "\n",
        (dataset_info(config), "$muted"),
    ]
    if about.description:
        parts += ["\n", about.description.strip()]
    if about.source:
        parts += ["\n", (about.source, "$muted italic")]
    return Content.assemble(*parts)


def diff_text(draft: Draft) -> Content:
    """The changes: key, the preset's value, the edited one."""
    changed = difference(draft.base, draft.config)
    if not changed:
        return Content("Nothing: the settings are the preset's.")
    width = max(map(len, changed))
    lines = [
        Content.assemble(
            f"{key:<{width}}  ",
            (_shown(before), "$muted"),
            "  →  ",
            (_shown(after), "bold $changed"),
        )
        for key, (before, after) in changed.items()
    ]
    return Content("\n").join(lines)


def _shown(value: Any) -> str:
    return "–" if value is None else show_value(value)
