"""The Sweep screen: progress, result table and plot of a sweep, live."""

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from workbench.errors import WorkbenchError
from workbench.formatting.text import count, one_line
from workbench.runs.library.columns import RESULTS, title
from workbench.runs.live.status import LIVE
from workbench.runs.store.folder import RunFolder
from workbench.sweeps.config import SweepConfig
from workbench.sweeps.folder import SweepFolder, stored_sweep
from workbench.sweeps.launch import begun_runs, start_coordinator
from workbench.sweeps.results import Table, plot_points, result_table, swept_key, text_table
from workbench.ui.compare.overlay import swept, table_lines
from workbench.ui.dialogs import Confirm
from workbench.ui.messages import OpenRun
from workbench.ui.widgets.key_line import KeyLine
from workbench.ui.widgets.lines import Line, Lines
from workbench.ui.widgets.refusal import say_refusal
from workbench.ui.widgets.slow_line import interval_factor
from workbench.ui.widgets.styles import RoleStyles
from workbench.ui.widgets.top_bar import TopBar

POLL_SECONDS = 2.0  # between two readings of the runs
BAR = 24  # cells


class SweepScreen(Screen[None]):
    """Shows one sweep."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open", id="sweep.open", tooltip="Show the first run of the row"),
        Binding("s", "stop", "Stop", id="sweep.stop", tooltip="Stop its runs, to go on later"),
        Binding("r", "resume", "Resume", id="sweep.resume",
                tooltip="Go on with what has not finished; failed runs get another try"),
        Binding("j,down", "move(1)", "Down", id="sweep.down", show=False),
        Binding("k,up", "move(-1)", "Up", id="sweep.up", show=False),
        Binding("l,right", "scroll(8)", "Right", id="sweep.right", show=False),
        Binding("h,left", "scroll(-8)", "Left", id="sweep.left", show=False),
        Binding("escape", "app.pop_screen", "Back", id="sweep.back"),
    ]  # fmt: skip

    def __init__(self, folder: SweepFolder) -> None:
        super().__init__()
        self.folder = folder
        self._sweep: SweepConfig | None = None
        self._total = 0
        self.table: Table | None = None
        self._cursor = 0

    def compose(self) -> ComposeResult:
        """Progress, plot, table, keys."""
        yield RoleStyles()
        yield TopBar("runs")
        yield Lines(id="sweep-head")
        yield Lines(id="sweep-plot")
        yield Lines(id="sweep-table")
        yield KeyLine()

    def on_mount(self) -> None:
        """Read the sweep now, and every ``POLL_SECONDS``."""
        head = [(f" {one_line(self.folder.name)}: reading its runs …", "muted")]
        self.query_one("#sweep-head", Lines).show_lines([head])
        self.set_interval(POLL_SECONDS * interval_factor(), self._poll)
        self._poll()

    @work(thread=True, exclusive=True, group="sweep")
    def _poll(self) -> None:
        """Read the sweep and its runs' records in a thread."""
        try:
            sweep = stored_sweep(self.folder)
            runs = begun_runs(sweep, self.folder)
            table = result_table(sweep, runs, self.folder.runs_dir)
        except WorkbenchError as error:
            self.app.call_from_thread(self._refuse, error)
            return
        total = sweep.search.trials if sweep.search else len(runs)
        self.app.call_from_thread(self._take, sweep, total, table)

    def _refuse(self, error: WorkbenchError) -> None:
        line = [(f" {one_line(str(error))}", "bad")]
        self.query_one("#sweep-head", Lines).show_lines([line])

    def _take(self, sweep: SweepConfig, total: int, table: Table) -> None:
        self._sweep, self._total, self.table = sweep, total, table
        self._show()

    def on_resize(self) -> None:
        """Draw the plot for the new size."""
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        if self._sweep is None or self.table is None:
            return
        plot = self.query_one("#sweep-plot", Lines)
        drawn = self._plot(self._sweep, self.table, plot.size.width, plot.size.height)
        self.query_one("#sweep-head", Lines).show_lines(self._head(self._sweep, self.table))
        plot.show_lines(drawn)
        rows = table_lines(text_table(self.table, ""), cursor=self._cursor)
        self.query_one("#sweep-table", Lines).show_lines(rows)

    def _head(self, sweep: SweepConfig, table: Table) -> list[Line]:
        statuses = [status for row in table.rows for status in row.statuses]
        done = statuses.count("finished")
        live = sum(status in LIVE for status in statuses)
        lost = sum(status in ("failed", "crashed") for status in statuses)
        filled = round(BAR * done / self._total) if self._total else 0
        coordinated = self.folder.is_coordinated
        where: Line = [
            (f" {self.folder.name} ", "heading"),
            (" ● running " if coordinated else " not running ", "live" if coordinated else "muted"),
            ("━" * filled, "good"),
            ("─" * (BAR - filled), "track"),
            (f" {count(done)}/{count(self._total)} finished", ""),
            (f"  {live} live" if live else "", "live"),
            (f"  {lost} failed" if lost else "", "bad"),
        ]
        return [where, [(f" {one_line(sweep.title or sweep.preset)}", "muted")]]

    def _plot(self, sweep: SweepConfig, table: Table, width: int, height: int) -> list[Line]:
        key = swept_key(sweep)
        share = RESULTS[table.metric].kind == "share"
        found = plot_points(table, key) if key else []
        points = [(x, y * (100 if share else 1)) for x, y in found]
        words = f" {title(table.metric)}{', %' if share else ''}"
        drawn = swept(points, key, width, height - 1)
        if drawn:
            return [[(words, "heading")], *drawn]
        return _bars(table, words, 100 if share else 1, width, height)

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        if self.table:
            self._cursor = max(0, min(len(self.table.rows) - 1, self._cursor + by))
            lines = self.query_one("#sweep-table", Lines)
            top, height = lines.scroll_offset.y, lines.size.height
            if not top < self._cursor + 1 < top + height:
                lines.scroll_to(y=max(0, self._cursor + 2 - height // 2), animate=False)
            self._show()

    def action_scroll(self, by: int) -> None:
        """Move the table sideways."""
        self.query_one("#sweep-table", Lines).scroll_relative(x=by, animate=False)

    def action_open(self) -> None:
        """Show the first begun run of the row."""
        if self.table is None or not self.table.rows:
            return
        row = self.table.rows[self._cursor]
        begun = [run for run, status in zip(row.runs, row.statuses, strict=True) if status]
        if begun:
            folder = RunFolder(self.folder.runs_dir / begun[0])
            self.post_message(OpenRun(folder))
        else:
            self.notify("No run of this row has begun.", markup=False)

    @work
    async def action_stop(self) -> None:
        """Ask the coordinator to stop its runs, after a confirmation."""
        if not self.folder.is_coordinated:
            self.notify("The sweep is not running; r goes on with it.", markup=False)
        elif await self.app.push_screen_wait(Confirm("Stop the sweep? r goes on with it.", "stop")):
            self.folder.stop.touch()

    def action_resume(self) -> None:
        """Start a coordinator on the runs left."""
        if self.folder.is_coordinated:
            self.notify("The sweep is running.", markup=False)
            return
        data = getattr(self.app, "data_root", None)
        try:
            start_coordinator(self.folder, data=data)
        except WorkbenchError as error:
            say_refusal(self.app, error)


def _bars(table: Table, words: str, scale: int, width: int, height: int) -> list[Line]:
    """A bar a row, for variants without a swept value."""
    values = [
        (row, row.cells[table.metric].value * scale)
        for row in table.rows
        if row.cells[table.metric].value is not None
    ]
    if not values:
        return [[(" No run has finished yet.", "muted")]]
    names = min(30, max(len(row.variant) for row, _ in values))
    most = max(value for _, value in values)
    room = max(1, width - names - 12)
    lines: list[Line] = [[(words, "heading")]]
    for row, value in values[: max(1, height - 1)]:
        filled = round(room * value / most) if most > 0 else 0
        lines.append(
            [
                (f" {one_line(row.variant)[:names].ljust(names)} ", ""),
                ("━" * filled, "best" if row.best else "accent"),
                (f" {value:.2f}", ""),
            ]
        )
    return lines
