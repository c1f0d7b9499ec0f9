"""The Presets screen: choose a preset, edit it, see its layer table, start it."""

import asyncio
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.screen import Screen

from workbench.config import RunConfig
from workbench.config.presets import find_preset, list_presets, load_preset
from workbench.errors import WorkbenchError
from workbench.runs.places.config import LOCAL
from workbench.runs.store.folder import RunFolder
from workbench.ui.context import AppContext
from workbench.ui.dialogs import Confirm, Reader
from workbench.ui.messages import OpenRun, PreloadedPhase
from workbench.ui.presets.draft import Draft, show_value
from workbench.ui.presets.fields import FieldRow
from workbench.ui.presets.form import PresetForm, about_text, diff_text
from workbench.ui.presets.network import NetworkPanel
from workbench.ui.presets.place_row import PlaceRow
from workbench.ui.presets.preset_tree import PresetTree
from workbench.ui.presets.throughput import PastRun, estimate, past_runs
from workbench.ui.widgets.choice import Choice, Strip
from workbench.ui.widgets.key_line import KeyLine
from workbench.ui.widgets.refusal import say_refusal
from workbench.ui.widgets.top_bar import TopBar

PANELS = (("tree", "Presets"), ("form", "Settings"), ("layers", "Layers"))
# From how many columns on there is room for one panel, for the tree and another, for all, for
# every column of the layer table.
WIDTHS = [(0, "-narrow"), (100, "-medium"), (148, "-wide"), (160, "-full")]
FIRST_PRESET = "quick/digits"
PATIENCE = 0.15  # seconds before a wait is told


class PresetsScreen(Screen[None]):
    """Presets by family, the form, and the layer table."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f5,ctrl+r", "start", "Start", id="preset.start", key_display="F5", show=False,
                tooltip="Start training with the settings as they are"),
        Binding("ctrl+s,s", "save_as", "Save as", id="preset.save", key_display="^s",
                tooltip="Save the settings as a preset of your own"),
        Binding("d", "diff", "Diff", id="preset.diff",
                tooltip="What differs from the preset"),
        Binding("i", "about", "About", id="preset.about",
                tooltip="All that is known about the preset: description and source"),
        Binding("v", "data", "View data", id="preset.data",
                tooltip="The data set: facts, images as augmented, how many of each class"),
        Binding("f7,w", "sweep", "Sweep", id="preset.sweep", key_display="F7", show=False,
                tooltip="Train several values of some keys: a sweep"),
        Binding("f10,r", "find_lr", "Find rate", id="preset.lr", key_display="F10", show=False,
                tooltip="Try a range of learning rates on a throw-away copy, and suggest one"),
        Binding("f9", "reset_all", "Reset all", id="preset.reset", show=False,
                tooltip="Set every field to the preset's value again"),
        Binding("slash", "filter", "Filter", id="preset.filter",
                tooltip="Show only presets with these words in them"),
        Binding("f6", "next_panel", "Panel", id="preset.panel", key_display="F6",
                tooltip="To the next panel: presets, settings, layers"),
        Binding("escape", "back", "Back", id="preset.back", show=False,
                tooltip="Back to the presets"),
    ]  # fmt: skip

    def __init__(self, context: AppContext, first: str | None = None) -> None:
        """``first`` is the preset under the cursor at first."""
        super().__init__()
        self.context, self._first = context, first
        self.HORIZONTAL_BREAKPOINTS = WIDTHS
        self._drafts: dict[str, Draft] = {}
        self._chosen = ""
        self._panel = "tree"
        self._starting = False
        self._place = LOCAL
        self._past: list[PastRun] = []

    def compose(self) -> ComposeResult:
        """Top line, the panels, keys."""
        presets = list_presets()
        names = [info.name for info in presets]
        first = self._first or (FIRST_PRESET if FIRST_PRESET in names else "".join(names[:1]))
        self._take(first)
        yield TopBar("presets")
        yield Strip(PANELS, self._panel, id="panel-strip")
        with Horizontal(id="panels", classes="-tree"):
            yield PresetTree(presets, self._chosen)
            yield PresetForm(self.draft)
            yield NetworkPanel(self.context.preloaded)
        yield KeyLine()

    async def on_mount(self) -> None:
        """After the first paint: start the preloaded worker, read earlier runs."""
        self.query_one(PresetTree).focus_list()
        self.call_after_refresh(self._show)
        self.call_after_refresh(self._look_back)

    @property
    def draft(self) -> Draft | None:
        """The preset in view, as edited."""
        return self._drafts.get(self._chosen)

    def _take(self, name: str) -> bool:
        """Show a preset with its unsaved changes; False if it cannot be loaded."""
        if name and name not in self._drafts:
            try:
                self._drafts[name] = Draft.of(load_preset(name))
            except WorkbenchError as error:
                say_refusal(self.app, error)
                return False
        self._chosen = name
        self._past = []
        return bool(name)

    async def open(self, name: str) -> None:
        """Put the cursor on a preset, which may be new."""
        self.query_one(PresetTree).show(list_presets(), name)
        await self._choose(name)

    async def edit_run(self, folder: RunFolder) -> None:
        """Show a run's settings as its preset, edited; without the preset, as they are."""
        try:
            config = folder.read_config()
        except WorkbenchError as error:
            say_refusal(self.app, error)
            return
        name = config.about.preset
        try:
            base = load_preset(name)
        except WorkbenchError:
            base, name = config, str(folder.config)
        self._drafts[name] = Draft.between(base, config)
        self.query_one(PresetTree).show(list_presets(), name)
        self._chosen, self._past = name, []
        await self._show()
        self._look_back()

    async def _choose(self, name: str) -> None:
        if self._take(name):
            await self._show()
            self._look_back()

    @work(exclusive=True, group="past")
    async def _look_back(self) -> None:
        """Read how long the preset took before, and show it beside its length."""
        name = self._chosen
        self._past = await asyncio.to_thread(past_runs, self.context.runs_root, name)
        if self._past and name == self._chosen:
            await self._show(typing=True)

    async def _show(self, typing: bool = False) -> None:
        draft = self.draft
        if draft is None:
            return
        await self.query_one(PresetForm).show(
            draft, epochs_hint=estimate(self._past, draft.config), typing=typing
        )
        edited = [name for name, draft in self._drafts.items() if draft.changes]
        self.query_one(PresetTree).mark_edited(edited)
        network = self.query_one(NetworkPanel)
        if draft.problems:
            network.hold(next(iter(draft.problems)))
        else:
            network.follow(draft.config)

    async def _change(self, draft: Draft, typing: bool = False) -> None:
        self._drafts[self._chosen] = draft
        await self._show(typing)

    # What the panels ask for.

    async def on_preset_tree_chosen(self, message: PresetTree.Chosen) -> None:
        """Show the preset under the cursor."""
        await self._choose(message.name)

    def on_place_row_chosen(self, message: PlaceRow.Chosen) -> None:
        """The place that the next runs are sent to."""
        self._place = message.name

    def on_preset_tree_start_asked(self) -> None:
        """Start the preset."""
        self.action_start()

    def on_preset_tree_edit_asked(self) -> None:
        """Focus the form."""
        self._show_panel("form")

    async def on_field_row_edited(self, message: FieldRow.Edited) -> None:
        """Apply a value from the form."""
        if self.draft is not None:
            await self._change(self.draft.edit(message.key, message.value), typing=True)

    async def on_field_row_reset_asked(self, message: FieldRow.ResetAsked) -> None:
        """Reset a field to the preset's value."""
        if self.draft is not None:
            await self._change(self.draft.reset(message.key))

    @work
    async def action_sweep(self) -> None:
        """Ask for a sweep, beginning with the focused field, and show it."""
        draft, focused = self.draft, self.focused
        if draft is None:
            return
        from workbench.ui.sweep.screen import SweepScreen  # loads plotext: when looked at
        from workbench.ui.sweep.start import SweepStart

        above = focused.ancestors_with_self if focused else []
        row = next((widget for widget in above if isinstance(widget, FieldRow)), None)
        key = row.spec.key if row else "optimizer.lr"
        text = f"{key} = {show_value(draft.value(key))}, "
        start = SweepStart(self._chosen, draft.changes, self.context, text)
        folder = await self.app.push_screen_wait(start)
        if folder is not None:
            self.app.push_screen(SweepScreen(folder))

    @work
    async def action_find_lr(self) -> None:
        """Test learning rates, and put the one that is taken over into the form."""
        draft, name = self.draft, self._chosen
        if draft is None or draft.problems:
            self.notify("Settings that are refused cannot be tried.", severity="error")
            return
        from workbench.ui.presets.lr_finder import LrFinder  # loads plotext: when looked at

        rate = await self.app.push_screen_wait(LrFinder(draft.config, self.context))
        if rate is not None and name == self._chosen and self.draft is not None:
            await self._change(self.draft.edit("optimizer.lr", rate))

    @on(Choice.Chosen, "#panel-strip")
    def _panel_chosen(self, event: Choice.Chosen) -> None:
        event.stop()
        self._show_panel(event.value)

    def on_preloaded_phase(self, message: PreloadedPhase) -> None:
        """Show what the layer table waits for."""
        self.query_one(NetworkPanel).preloaded_is(message.phase)

    # Keys.

    def action_start(self) -> None:
        """Start a run with the edited settings."""
        draft = self.draft
        if draft is None or self._starting:
            return
        if draft.problems:
            key, text = next(iter(draft.problems.items()))
            self.notify(f"{key}: {text}", severity="error", markup=False)
            return
        self._starting = True
        self._start(draft.config)

    @work(group="start")
    async def _start(self, config: RunConfig) -> None:
        from workbench.ui.presets.starting import start_run  # not needed for the first paint

        waiting = self.set_timer(
            PATIENCE, lambda: self.notify("looking at the data…", timeout=2, markup=False)
        )
        try:
            folder = await start_run(config, self.context, self._place)
        except WorkbenchError as error:
            say_refusal(self.app, error)
            return
        finally:
            waiting.stop()
            self._starting = False
        self.post_message(OpenRun(folder))

    @work
    async def action_save_as(self) -> None:
        """Save the settings as a preset of one's own."""
        draft = self.draft
        if draft is None or draft.problems:
            self.notify("Settings that are refused cannot be saved.", severity="error")
            return
        from workbench.ui.presets.saving import save_as  # not needed for the first paint

        name = await save_as(self.app, draft.config, self._chosen)
        if name is None:
            return
        self._drafts.pop(self._chosen, None)
        self._drafts.pop(name, None)
        await self.open(name)
        self.notify(f"Saved as {name}: {find_preset(name)[0]}", markup=False)

    def action_data(self) -> None:
        """Open the Data screen with the edited settings."""
        from workbench.ui.data.screen import DataScreen  # only when it is looked at: first paint

        if self.draft is not None:
            self.app.push_screen(DataScreen(self.draft.config, self.context.data_root))

    def action_about(self) -> None:
        """Show the preset's whole description."""
        if self.draft is not None:
            self.app.push_screen(Reader(self._chosen, about_text(self.draft.base)))

    def action_diff(self) -> None:
        """Show what differs from the preset."""
        draft = self.draft
        if draft is not None:
            self.app.push_screen(Reader(f"{self._chosen}: changes", diff_text(draft)))

    @work
    async def action_reset_all(self) -> None:
        """Reset all fields, after asking."""
        draft = self.draft
        if draft is None or not draft.changes:
            return
        count = len(draft.changes)
        question = f"Undo {count} change{'s' if count > 1 else ''} of {self._chosen}?"
        if await self.app.push_screen_wait(Confirm(question, "undo", "keep")):
            await self._change(draft.reset())

    def action_filter(self) -> None:
        """Focus the filter."""
        self._show_panel("tree")
        self.query_one(PresetTree).focus_filter()

    def action_next_panel(self) -> None:
        """Focus the next panel."""
        names = [name for name, _ in PANELS]
        self._show_panel(names[(names.index(self._panel_in_use()) + 1) % len(names)])

    def action_back(self) -> None:
        """Focus the tree."""
        self._show_panel("tree")

    def _panel_in_use(self) -> str:
        for name, _ in PANELS:
            if self.focused is not None and self.query_one(f"#{name}") in self.focused.ancestors:
                return name
        return self._panel

    def _show_panel(self, name: str) -> None:
        """Show a panel (where they are tabs) and focus it."""
        self._panel = name
        panels = self.query_one("#panels")
        for other, _ in PANELS:
            panels.set_class(other == name, f"-{other}")
        self.query_one("#panel-strip", Strip).show(name)
        if name == "tree":
            self.query_one(PresetTree).focus_list()
        elif name == "form":
            self.query_one(PresetForm).focus_first()
        else:
            self.query_one(NetworkPanel).focus_list()
