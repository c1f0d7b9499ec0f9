"""The app: three modes (Presets, Run, Runs), keys that work everywhere, themes.

Screens do the rest; the app answers their messages.
"""

import gc
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rich.console import RenderableType
from textual import work
from textual.app import App
from textual.binding import Binding, BindingType
from textual.reactive import reactive
from textual.screen import Screen

from workbench.errors import WorkbenchError
from workbench.runs.live.preloaded import Phase, PreloadedWorker
from workbench.runs.store.folder import RunFolder, list_folders
from workbench.system.paths import state_folder
from workbench.ui.context import AppContext
from workbench.ui.messages import EditRun, OpenPreset, OpenRun, PreloadedPhase, RunsCounted
from workbench.ui.output_diff import shorten
from workbench.ui.palette import BindingCommands, PresetCommands, RunActionCommands
from workbench.ui.themes import DARK, LIGHT, MEANINGS, THEMES
from workbench.ui.widgets.refusal import say_refusal

if TYPE_CHECKING:
    from workbench.ui.presets.screen import PresetsScreen

WIDE = 120  # columns from which panels stand side by side; below they are tabs
COUNT_SECONDS = 3.0  # how often the live runs are counted


class WorkbenchApp(App[None]):
    """The workbench in a terminal."""

    TITLE = "workbench"
    CSS_PATH: ClassVar = ["app.tcss", "presets.tcss", "run.tcss", "runs.tcss", "sweeps.tcss"]
    DEFAULT_MODE = "presets"
    COMMANDS: ClassVar = {BindingCommands, RunActionCommands, PresetCommands}
    COMMAND_PALETTE_DISPLAY = "^p"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "f2,P", "show_presets", "Presets", id="app.presets", show=False, key_display="F2",
            tooltip="Choose and edit what to train",
        ),
        Binding(
            "f3,R", "show_run", "Run", id="app.run", show=False, key_display="F3",
            tooltip="Back to the run that was open, else the newest one",
        ),
        Binding(
            "f4,L", "show_runs", "Runs", id="app.runs", show=False, key_display="F4",
            tooltip="Every run: live, finished, stopped",
        ),
        Binding(
            "ctrl+t", "toggle_theme", "Light / dark", id="app.theme", show=False,
            tooltip="Swap the light and the dark theme",
        ),
        Binding(
            "f1,question_mark", "help", "Help", id="app.help", show=False, key_display="?",
            tooltip="Every key that works here",
        ),
        Binding(
            "q", "quit", "Quit", id="app.quit", tooltip="Leave the workbench; runs go on",
        ),
    ]  # fmt: skip

    live_runs: reactive[int] = reactive(0)
    device: reactive[str] = reactive("")

    def __init__(
        self, runs_root: Path, data_root: Path | None = None, preset: str | None = None
    ) -> None:
        super().__init__()
        for theme in THEMES:
            self.register_theme(theme)
        self.set_reactive(App.theme, DARK.name)  # before the style sheets are read: once is enough
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]
        preloaded = PreloadedWorker(state_folder() / "preloaded.log", self._tell_phase)
        self.context = AppContext(runs_root, data_root, preloaded)
        self._first_preset = preset
        self.add_mode("presets", self._presets_screen)
        self.add_mode("runs", self._runs_screen)
        self._run_mode: str | None = None

    def _presets_screen(self) -> Screen[None]:
        from workbench.ui.presets.screen import PresetsScreen

        return PresetsScreen(self.context, self._first_preset)

    def _runs_screen(self) -> Screen[None]:
        from workbench.ui.runs.screen import RunsScreen  # when it is looked at: first paint

        return RunsScreen(self.context)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The app's own colours, also under Textual's themes."""
        return MEANINGS

    def on_mount(self) -> None:
        """Start to count live runs."""
        self.set_interval(COUNT_SECONDS, self._count_runs)
        self.call_after_refresh(self._after_first_paint)

    def _after_first_paint(self) -> None:
        gc.freeze()  # what start-up made stays; a collection need not look at it again
        gc.enable()
        self._count_runs()

    @work(thread=True, exclusive=True, group="runs-counted")
    def _count_runs(self) -> None:
        from workbench.ui.machine import count_live, describe_machine  # after the first paint

        live = count_live(self.context.runs_root)
        self.post_message(RunsCounted(live, describe_machine(busy=live > 0)))

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        """Send a partial update in fewer bytes than Textual would."""
        shorten(renderable)
        super()._display(screen, renderable)

    def open_run(self, folder: RunFolder) -> None:
        """Show one run in place of the one that was open."""
        from workbench.ui.run.screen import RunScreen  # loads plotext: only when looked at

        mode = f"run:{folder.path}"
        before, self._run_mode = self._run_mode, mode
        if mode != before:
            self.add_mode(mode, lambda: RunScreen(folder))
        self.switch_mode(mode)
        if before is not None and before != mode:
            self.remove_mode(before)

    def show_presets(self) -> None:
        """Go to the Presets screen."""
        self.switch_mode("presets")

    async def open_preset(self, name: str) -> None:
        """Go to the Presets screen, with the cursor on a preset."""
        await self._presets_with(lambda screen: screen.open(name))

    async def _presets_with(self, act: Callable[["PresetsScreen"], Awaitable[None]]) -> None:
        from workbench.ui.presets.screen import PresetsScreen

        await self.switch_mode("presets")
        if isinstance(self.screen, PresetsScreen):  # and no question is open over it
            await act(self.screen)

    def show_runs(self) -> None:
        """Go to the list of runs."""
        self.switch_mode("runs")

    def show_run(self) -> None:
        """Go to the run that was open, else to the newest one."""
        if self._run_mode is not None:
            self.switch_mode(self._run_mode)
            return
        try:
            folders = list_folders(self.context.runs_root)
        except WorkbenchError as error:
            say_refusal(self, error)
            return
        if folders:
            self.open_run(max(folders, key=lambda folder: folder.config.stat().st_mtime))
        else:
            self.notify("No run yet: choose a preset and press enter to start one.", markup=False)

    def action_show_presets(self) -> None:
        """F2."""
        self.show_presets()

    def action_show_run(self) -> None:
        """F3."""
        self.show_run()

    def action_show_runs(self) -> None:
        """F4."""
        self.show_runs()

    def action_toggle_theme(self) -> None:
        """Swap light and dark."""
        self.theme = LIGHT.name if self.current_theme.dark else DARK.name

    def action_help(self) -> None:
        """Show every key that works on the screen in view."""
        from workbench.ui.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.screen.active_bindings))

    def _tell_phase(self, phase: Phase) -> None:
        if self.screen_stack:  # the app may be closing
            self.screen.post_message(PreloadedPhase(phase))

    async def on_unmount(self) -> None:
        """End the preloaded worker; runs go on."""
        await self.context.preloaded.close()

    def on_open_run(self, message: OpenRun) -> None:
        """A screen asks for a run."""
        self.open_run(message.folder)

    async def on_edit_run(self, message: EditRun) -> None:
        """A screen asks for a run's settings."""
        await self._presets_with(lambda screen: screen.edit_run(message.folder))

    async def on_open_preset(self, message: OpenPreset) -> None:
        """The palette asks for a preset."""
        await self.open_preset(message.name)

    def on_show_runs(self) -> None:
        """A screen asks for the list of runs."""
        self.show_runs()

    def on_runs_counted(self, message: RunsCounted) -> None:
        """Show what a thread has counted."""
        self.live_runs = message.live
        self.device = message.device


def run_app(runs_root: Path, data_root: Path | None = None, preset: str | None = None) -> None:
    """Run the app in this terminal until the person quits."""
    WorkbenchApp(runs_root, data_root, preset).run()
