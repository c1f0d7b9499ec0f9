"""The Runs screen: the list of runs, with filter, sorting, preview and actions."""

from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, Static

from workbench.errors import WorkbenchError
from workbench.runs.library.row import RunRow
from workbench.sweeps.folder import open_sweep
from workbench.ui.context import AppContext
from workbench.ui.messages import OpenRun
from workbench.ui.run.control import offered
from workbench.ui.runs.chosen_runs import ChosenRuns
from workbench.ui.runs.columns import for_ids
from workbench.ui.runs.listing import Listing
from workbench.ui.runs.preview import RunPreview
from workbench.ui.runs.run_list import RunHeading, RunList
from workbench.ui.widgets.formatting import clean
from workbench.ui.widgets.key_line import KeyLine
from workbench.ui.widgets.refusal import say_refusal
from workbench.ui.widgets.slow_line import interval_factor
from workbench.ui.widgets.styles import RoleStyles
from workbench.ui.widgets.top_bar import TopBar

POLL_SECONDS = 2.0  # between two refreshes of the list
NO_RUN = "No run yet. Choose a preset (F2) and press enter to start one."


class RunsScreen(ChosenRuns):
    """Lists the runs of all roots."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open", id="runs.open", tooltip="Show the run", priority=False),
        Binding("full_stop", "menu", "Do", id="runs.menu", key_display=".",
                tooltip="Everything that can be done with the run: evaluate, export, edit …"),
        Binding("slash", "filter", "Filter", id="runs.filter", key_display="/",
                tooltip="Filter, e.g. status:finished acc>90% lr=0.1 resnet"),
        Binding("o", "sort(1)", "Sort", id="runs.sort", tooltip="Sort by the next column"),
        Binding("O", "sort(-1)", "Sort back", id="runs.sortback", show=False,
                tooltip="Sort by the column before"),
        Binding("r", "reverse", "Reverse", id="runs.reverse", show=False,
                tooltip="Turn the order round"),
        Binding("space", "mark", "Mark", id="runs.mark", tooltip="Mark for stop, resume, delete"),
        Binding("p", "pause", "Pause", id="runs.pause", tooltip="Pause, go on, or resume"),
        Binding("s", "stop", "Stop", id="runs.stop", tooltip="Save and end (asks)"),
        Binding("m", "front", "To front", id="runs.front", tooltip="Let a queued run train next"),
        Binding("d,delete", "delete", "Delete", id="runs.delete", key_display="d",
                tooltip="Move to the trash (asks)"),
        Binding("c", "compare", "Compare", id="runs.compare",
                tooltip="The marked runs side by side"),
        Binding("w", "sweep", "Sweep", id="runs.sweep", show=False,
                tooltip="The sweep that the run belongs to"),
        Binding("f", "star", "Star", id="runs.star", show=False,
                tooltip="Give a star, or take it away"),
        Binding("t", "tag", "Tags", id="runs.tag", show=False,
                tooltip="Tags of the run, with spaces between them"),
        Binding("u", "undo", "Undelete", id="runs.undo", show=False,
                tooltip="Bring back what was deleted last"),
        Binding("j,down", "move(1)", "Down", id="runs.down", show=False),
        Binding("k,up", "move(-1)", "Up", id="runs.up", show=False),
        Binding("pagedown,ctrl+d", "page(1)", "Page down", id="runs.pagedown", show=False),
        Binding("pageup,ctrl+u", "page(-1)", "Page up", id="runs.pageup", show=False),
        Binding("g,home", "end(-1)", "First", id="runs.first", show=False),
        Binding("G,end", "end(1)", "Last", id="runs.last", show=False),
        Binding("escape", "clear", "Clear", id="runs.clear", show=False,
                tooltip="Clear filter and marks"),
    ]  # fmt: skip

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self._listing = Listing(context.runs_root)
        self._told = ""  # shown in place of the preview: a refused filter, the first refresh

    def compose(self) -> ComposeResult:
        """Titles, rows, filter, preview, keys."""
        yield RoleStyles()
        yield TopBar("runs")
        yield RunHeading(id="runs-heading")
        yield RunList(id="runs-list")
        yield Static(id="runs-absent", markup=False)
        yield Input(
            id="runs-filter", compact=True, placeholder="status:finished acc>90% lr=0.1 resnet"
        )
        yield RunPreview(id="runs-preview")
        yield KeyLine()

    def on_mount(self) -> None:
        """Refresh now, and every ``POLL_SECONDS``."""
        self._list.focus()
        self._told = "reading the runs …"
        self._show()
        self.set_interval(POLL_SECONDS * interval_factor(), self._poll)
        self._refresh_index()

    def on_screen_resume(self) -> None:
        """Refresh at once."""
        self._poll()

    @property
    def _list(self) -> RunList:
        return self.query_one(RunList)

    def chosen(self) -> list[RunRow]:
        """The marked runs; the one under the cursor where none is marked."""
        return self._list.chosen()

    def current(self) -> RunRow | None:
        """The run under the cursor."""
        return self._list.current

    def done_with(self, rows: list[RunRow]) -> None:
        """Refresh after an action."""
        self._list.marked -= {row.key for row in rows if not row.folder.path.exists()}
        self._refresh_index()

    def _poll(self) -> None:
        busy = any(not worker.is_finished for worker in self.workers if worker.node is self)
        if self.is_current and not busy:
            self._refresh_index()

    @work(thread=True, group="index")
    def _refresh_index(self) -> None:
        """Refresh the indexes in a thread."""
        first = not self._listing.runs.roots
        try:
            changed = self._listing.runs.refresh(self._report if first else None)
        except WorkbenchError as error:
            self.app.call_from_thread(say_refusal, self.app, error)
            return
        if changed or first:
            self.app.call_from_thread(self._read)

    def _report(self, done: int, total: int) -> None:
        self.app.call_from_thread(self._tell, f"reading the runs {done:,}/{total:,}")

    def _tell(self, text: str) -> None:
        self._told = text
        self._show()

    def _read(self) -> None:
        self._told = ""
        self._show()

    def _show(self) -> None:
        """Show the rows read so far."""
        listing, rows = self._listing, self._listing.rows()
        columns = for_ids(listing.columns, rows)
        self._list.show_rows(rows, columns)
        self.query_one(RunHeading).show(columns, listing.sort, listing.descending)
        absent, line = listing.absent(), self.query_one("#runs-absent", Static)
        line.display = bool(absent)
        line.update(clean(f" ! {absent}"))
        self._preview()
        self.refresh_bindings()

    def _preview(self) -> None:
        filtered = bool(self._listing.query.terms)
        empty = "No run matches the filter; esc clears it." if filtered else NO_RUN
        row = None if self._told else self._list.current
        self.query_one(RunPreview).show(row, self._told or empty)

    def on_run_list_moved(self) -> None:
        """Update preview and keys for the run under the cursor."""
        self._preview()
        self.refresh_bindings()

    def offers(self, action: str) -> bool:
        """Whether to list an action among the keys, for the chosen runs."""
        if action == "sweep":
            return bool(self._list.current and self._list.current.sweep)
        rows = self._list.chosen()
        return not rows or any(offered(action, row.status) for row in rows)

    def on_run_list_opened(self) -> None:
        """Open the run."""
        self.action_open()

    def on_run_heading_chosen(self, message: RunHeading.Chosen) -> None:
        """Sort by the column, or reverse the order."""
        self._listing.sort_by(message.key)
        self._show()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter while typing; an incomplete filter changes nothing."""
        try:
            self._listing.filter(event.value)
        except WorkbenchError as error:
            self._told = str(error)
            self._preview()
            return
        self._told = ""
        self._show()

    def on_input_submitted(self) -> None:
        """Focus the rows."""
        self._list.focus()

    def action_filter(self) -> None:
        """Focus the filter."""
        field = self.query_one(Input)
        field.display = True
        field.focus()

    def action_clear(self) -> None:
        """Clear filter and marks."""
        field = self.query_one(Input)
        field.value = ""
        field.display = False
        self._list.marked.clear()
        self._list.repaint()
        self._list.focus()

    def action_sort(self, by: int) -> None:
        """Sort by the next column, or the one before."""
        self._listing.sort_next(by)
        self._show()

    def action_reverse(self) -> None:
        """Reverse the order."""
        self._listing.reverse()
        self._show()

    def action_mark(self) -> None:
        """Mark or unmark the run under the cursor."""
        self._list.toggle_mark()

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self._list.move_by(by)

    def action_page(self, by: int) -> None:
        """Move the cursor by a page."""
        self._list.move_by(by * max(1, self._list.size.height - 1))

    def action_end(self, side: int) -> None:
        """Move the cursor to the first row or the last."""
        self._list.move(0 if side < 0 else len(self._list.rows) - 1)

    def action_open(self) -> None:
        """Show the run, live or finished."""
        if row := self._list.current:
            self.post_message(OpenRun(row.folder))

    def action_compare(self) -> None:
        """Compare the marked runs."""
        rows = self._list.chosen()
        if len(rows) < 2:
            self.notify("Mark two runs or more with space, then compare them.", markup=False)
            return
        from workbench.ui.compare.screen import CompareScreen  # loads plotext: when looked at

        self.app.push_screen(CompareScreen([row.folder for row in rows]))

    def action_sweep(self) -> None:
        """Show the sweep of the run under the cursor."""
        row = self._list.current
        if row is None or not row.sweep:
            self.notify("This run belongs to no sweep.", markup=False)
            return
        from workbench.ui.sweep.screen import SweepScreen  # loads plotext: when looked at

        self.app.push_screen(SweepScreen(open_sweep(row.sweep, Path(row.root))))
