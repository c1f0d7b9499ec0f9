"""The Run screen: one run, live or finished, with its plots and panels."""

from dataclasses import replace
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widgets import Input, Static

from workbench.runs.store.folder import RunFolder
from workbench.ui.messages import ShowRuns
from workbench.ui.run.control import RunControl
from workbench.ui.run.gallery import GalleryPanel
from workbench.ui.run.header import RunHeader
from workbench.ui.run.layers import LayersPanel
from workbench.ui.run.log import LogPanel
from workbench.ui.run.panel import Panel, RunView, panel_class
from workbench.ui.run.plots import PlotSettings, RunPlot
from workbench.ui.run.status_line import StatusLine
from workbench.ui.run.terminal_notice import TerminalNotice
from workbench.ui.widgets.curves import SMOOTHINGS
from workbench.ui.widgets.formatting import clean
from workbench.ui.widgets.key_line import KeyLine
from workbench.ui.widgets.message import MessageLine
from workbench.ui.widgets.slow_line import interval_factor, rest
from workbench.ui.widgets.styles import RoleStyles
from workbench.ui.widgets.tabs import TabLine
from workbench.ui.widgets.top_bar import TopBar

ROOMY, TALL = 120, 36  # columns for two plots, rows for plots above a panel
TICK = 0.5  # seconds between two readings of the run
CALM_TICKS = 2  # ticks between two updates of a line of numbers
PORTIONS = 4  # of new events that are read at once, at most
STATUS_TICKS = 4  # ticks between two readings of its status
PANELS = ("classes", "confusion", "layers", "gallery", "log", "config")  # a file each
PANEL_CLASSES = [panel_class(name) for name in PANELS]
TITLES = [RunPlot.title, *(panel.title for panel in PANEL_CLASSES)]


class RunScreen(RunControl):
    """Follows one run; leaving the screen does not affect it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "full_stop,enter", "menu", "Do", id="run.menu", key_display=".",
            tooltip="Everything that can be done with the run: evaluate, export, replay, edit …",
        ),
        Binding("p", "pause", "Pause", id="run.pause", tooltip="Pause it, or let it go on"),
        Binding("s", "stop", "Stop", id="run.stop", tooltip="Save and end the run (asks)"),
        Binding(
            "c", "checkpoint", "Save", id="run.checkpoint", tooltip="Save its state now"
        ),
        Binding("m", "front", "To front", id="run.front", tooltip="Let a queued run train next"),
        Binding(
            "e", "split", "Split", id="run.split",
            tooltip="What the panels show: the validation or the test images",
        ),
        Binding("v", "smooth", "Smooth", id="run.smooth", tooltip="Smooth the training curve"),
        Binding("l", "log", "Log", id="run.log", tooltip="Loss on a logarithmic scale"),
        Binding("z", "zoom", "Zoom", id="run.zoom", tooltip="One plot over the whole width"),
        Binding("a", "swap", "Swap", id="run.swap", tooltip="Loss or accuracy"),
        Binding(
            "x", "axis", "Epochs / steps", id="run.axis", show=False,
            tooltip="Plot against epochs or against steps",
        ),
        Binding(
            "w", "wrong", "Wrong only", id="run.wrong",
            tooltip="Images with a wrong answer, or all",
        ),
        Binding(
            "b", "crops", "Cut out", id="run.crops",
            tooltip="What the network cuts out of the images, or the images",
        ),
        Binding(
            "o", "sort", "Sort", id="run.sort",
            tooltip="Sort the layers by parameters, MACs or name",
        ),
        Binding(
            "slash", "search", "Search", id="run.search", key_display="/",
            tooltip="Search the log",
        ),
        Binding("n", "hit(1)", "Next", id="run.hit", tooltip="The next entry that was found"),
        Binding(
            "N", "hit(-1)", "Before", id="run.hitback", show=False,
            tooltip="The entry before that was found",
        ),
        Binding("home,g", "end(-1)", "First", id="run.first", show=False),
        Binding("end,G", "end(1)", "Last", id="run.last", show=False),
        Binding(
            "tab", "panel(1)", "Panel", id="run.next", key_display="tab", priority=True,
            tooltip="The next panel",
        ),
        Binding(
            "shift+tab", "panel(-1)", "Panel back", id="run.before", show=False, priority=True,
            tooltip="The panel before",
        ),
        *(
            Binding(
                str(i + 1), f"choose({i})", title, id=f"run.panel{i + 1}", show=False,
                tooltip=f"Panel {i + 1}: {title}",
            )
            for i, title in enumerate(TITLES)
        ),
        Binding("j,down", "scroll(1)", "Down", id="run.down", show=False),
        Binding("k,up", "scroll(-1)", "Up", id="run.up", show=False),
        Binding("h,left", "scroll_across(-8)", "Left", id="run.left", show=False),
        Binding("right", "scroll_across(8)", "Right", id="run.right", show=False),
        Binding("pagedown,ctrl+d", "scroll(12)", "Page down", id="run.pagedown", show=False),
        Binding("pageup,ctrl+u", "scroll(-12)", "Page up", id="run.pageup", show=False),
        Binding(
            "q,escape", "back", "Back", id="run.back",
            tooltip="Back to the runs; this one goes on",
        ),
    ]  # fmt: skip

    def __init__(self, folder: RunFolder) -> None:
        super().__init__(folder)
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (ROOMY, "-wide")]
        self.VERTICAL_BREAKPOINTS = [(0, "-short"), (TALL, "-tall")]
        self._settings = PlotSettings()
        self._active = 0
        self._zoomed = False
        self._only = "loss"  # the plot that is seen where there is room for one
        self._ticks = 0
        self._rest = rest()
        self._late = False  # some panel was skipped at the last tick
        self._waiting = ""
        self._notice = TerminalNotice(self._to_terminal)
        self._split = ""  # as chosen; "" for the test where there was one, else validation

    def compose(self) -> ComposeResult:
        """Header, plots, tabs with the status line, panels, keys."""
        yield RoleStyles()
        yield TopBar("run")
        yield RunHeader(id="run-header")
        yield MessageLine(id="run-message")
        with Container(id="plots"):
            yield RunPlot("loss", id="plot-loss")
            yield RunPlot("accuracy", id="plot-accuracy")
        with Container(id="run-strip"):
            yield TabLine(TITLES, id="run-tabs")
            yield StatusLine(id="run-status-line")
        for panel in PANEL_CLASSES:
            yield panel(id=_panel_id(panel.title), classes="panel")
        yield Input(id="run-search", compact=True, placeholder="text to look for in the log")
        yield Static(id="run-found", markup=False)
        yield KeyLine()

    def on_mount(self) -> None:
        """Read the run now, and every ``TICK`` seconds."""
        self._active = 0 if self.size.width < ROOMY or self.size.height < TALL else 1
        self._arrange()
        self.set_interval(TICK * interval_factor(), self._poll)
        self._poll()

    def on_screen_suspend(self) -> None:
        """Another screen is in view: the title is no longer this run's."""
        self._notice.leave()

    def _to_terminal(self, sequence: str) -> None:
        if (driver := self.app._driver) is not None:
            driver.write(sequence)

    def asked(self) -> None:
        """Read the status at the next tick."""
        self._ticks = 0

    def _poll(self) -> None:
        """Read new events, and the status every few ticks; show what has changed."""
        if self._waiting or not self.is_current:
            return
        status_changed = self._ticks % STATUS_TICKS == 0 and self.feed.refresh_status()
        if status_changed:
            self._ticks = 0  # a new status is shown at once
            self.refresh_bindings()
        if self.feed.is_far_behind:
            self._waiting = "reading the history …"
            self._catch_up()
            self._show()
        elif self.feed.advance(PORTIONS) or status_changed or self._late or self._ticks == 0:
            self._show()
        elif self._active:
            self._panel(self._active).redraw()  # a log grows without an event
        self._ticks += 1

    @work(thread=True, exclusive=True)
    def _catch_up(self) -> None:
        self.feed.catch_up(lambda share: self.app.call_from_thread(self._tell_progress, share))
        self.app.call_from_thread(self._caught_up)

    def _tell_progress(self, share: float) -> None:
        self._waiting = f"reading the history {share:.0%}"
        self._show()

    def _caught_up(self) -> None:
        self._waiting, self._ticks = "", 0  # every panel is shown at once
        self._show()

    def _show(self) -> None:
        self._late = False
        state = self.feed.state
        feed = self.feed
        self._notice.show(self.folder.id, feed.status, state.progress)
        view = RunView(self.folder, state, feed.status, feed.log, self.split, self._waiting)
        for panel in self.query(Panel):
            if self._ticks % (CALM_TICKS if panel.calm else self._rest) == 0:
                panel.show(view)
            else:
                self._late = True

    @property
    def split(self) -> str:
        """The split whose evaluation the panels show."""
        return self._split or ("test" if self.feed.state.test else "validation")

    def action_split(self) -> None:
        """Switch between validation and test split."""
        if not self.feed.state.test:
            self.notify("The test comes at the end of the training.", markup=False)
            return
        self._split = "validation" if self.split == "test" else "test"
        self._ticks = 0  # every panel is shown at once
        self._show()

    def offers(self, action: str) -> bool:
        """Whether to list an action among the keys now."""
        return bool(self.feed.state.test) if action == "split" else super().offers(action)

    def _arrange(self) -> None:
        """Show what is chosen and fits."""
        roomy = self.size.width >= ROOMY
        tall = self.size.height >= TALL
        alone = self._zoomed or not roomy
        with_plots = self._active == 0 or tall
        self.query_one("#plots").display = with_plots
        for kind in ("loss", "accuracy"):
            plot = self.query_one(f"#plot-{kind}", RunPlot)
            plot.display = with_plots and (not alone or kind == self._only)
        for index in range(1, len(TITLES)):
            self._panel(index).display = index == self._active
        self.set_class(self._active == 0, "-plots-only")
        self.query_one(TabLine).choose(self._active)

    def _panel(self, index: int) -> Panel:
        return self.query_one(f"#{_panel_id(TITLES[index])}", Panel)

    def on_resize(self) -> None:
        """Arrange for the new size."""
        self._arrange()
        self.refresh_bindings()

    def on_tab_line_chosen(self, message: TabLine.Chosen) -> None:
        """Show the clicked tab."""
        self._choose(message.index)

    def _choose(self, index: int) -> None:
        self._active = index % len(TITLES)
        self._arrange()
        self.refresh_bindings()

    def action_panel(self, by: int) -> None:
        """Show the next panel, or the one before."""
        self._choose(self._active + by)

    def action_choose(self, index: int) -> None:
        """Show a panel by its number; 0 shows the plots alone."""
        self._choose(index)

    def action_smooth(self) -> None:
        """Switch smoothing: off, light, strong."""
        self._set(
            replace(self._settings, smoothing=(self._settings.smoothing + 1) % len(SMOOTHINGS))
        )

    def action_log(self) -> None:
        """Switch between linear and logarithmic loss."""
        self._set(replace(self._settings, log=not self._settings.log))

    def action_axis(self) -> None:
        """Switch the x axis between epochs and steps."""
        self._set(replace(self._settings, by_steps=not self._settings.by_steps))

    def _set(self, settings: PlotSettings) -> None:
        self._settings = settings
        for plot in self.query(RunPlot):
            plot.set(settings)

    def action_zoom(self) -> None:
        """Switch between one and two plots."""
        self._zoomed = not self._zoomed
        self._arrange()
        self.refresh_bindings()

    def action_swap(self) -> None:
        """Show the other plot, where there is one."""
        self._only = "accuracy" if self._only == "loss" else "loss"
        self._arrange()

    def action_wrong(self) -> None:
        """Switch between wrong images only and all images."""
        self.query_one(GalleryPanel).toggle_wrong()

    def action_crops(self) -> None:
        """Switch between crops and whole images."""
        self.query_one(GalleryPanel).toggle_crops()

    @property
    def _log(self) -> LogPanel:
        return self.query_one(LogPanel)

    def action_search(self) -> None:
        """Open the field for a search of the log."""
        field = self.query_one("#run-search", Input)
        field.display = True
        field.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Search from the end."""
        self.set_focus(None)
        event.input.display = False
        self._log.search(event.value)
        self._tell_found()

    def action_hit(self, by: int) -> None:
        """Scroll to the next search hit, or the one before."""
        self._log.next_hit(by)
        self._tell_found()

    def _tell_found(self) -> None:
        line, found = self.query_one("#run-found", Static), self._log.found
        line.display = bool(found)
        line.update(f" /{clean(self._log.sought)}  {found}   n next  N before  esc ends")
        self.refresh_bindings()

    def _end_search(self) -> bool:
        """End a search; False where there is none."""
        field = self.query_one("#run-search", Input)
        searching = field.display or bool(self._log.sought)
        field.display, field.value = False, ""
        self.set_focus(None)
        self._log.search("")
        self._tell_found()
        return searching

    def action_end(self, way: int) -> None:
        """Scroll to the first line of the panel, or the last."""
        if self._active:
            panel = self._panel(self._active)
            panel.scroll_to(y=0 if way < 0 else panel.max_scroll_y, animate=False)

    def action_sort(self) -> None:
        """Sort the layers by another column."""
        self.query_one(LayersPanel).next_sort()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether a key does something with the panel and size now."""
        if action in ("wrong", "crops"):
            return TITLES[self._active] == GalleryPanel.title
        if action == "search":
            return TITLES[self._active] == LogPanel.title
        if action == "hit":
            return TITLES[self._active] == LogPanel.title and bool(self._log.sought)
        if action == "sort":
            return TITLES[self._active] == LayersPanel.title
        if action == "zoom":
            return self.size.width >= ROOMY
        if action == "swap":
            return self._zoomed or self.size.width < ROOMY
        return True

    def action_scroll(self, lines: int) -> None:
        """Scroll the panel in view."""
        if self._active:
            self._panel(self._active).scroll_relative(y=lines, animate=False)

    def action_scroll_across(self, columns: int) -> None:
        """Scroll the panel in view sideways."""
        if self._active:
            self._panel(self._active).scroll_relative(x=columns, animate=False)

    def action_back(self) -> None:
        """End a search, else go back to the runs."""
        if self._end_search():
            return
        self.post_message(ShowRuns())


def _panel_id(title: str) -> str:
    return f"panel-{title.lower().replace(' ', '-')}"
