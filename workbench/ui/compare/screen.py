"""The Compare screen: curves, differences, results, classes, layers, Pareto front of runs."""

from collections.abc import Sequence
from typing import ClassVar, get_args

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from workbench.comparison import document
from workbench.comparison.compared_run import Against, ComparedRun, read_compared_runs
from workbench.errors import WorkbenchError
from workbench.runs.library.columns import RESULTS, result_of
from workbench.runs.store.folder import RunFolder
from workbench.ui.compare.overlay import dots, legend, lettered, overlay, table_lines
from workbench.ui.widgets.key_line import KeyLine
from workbench.ui.widgets.lines import Line, Lines
from workbench.ui.widgets.refusal import say_refusal
from workbench.ui.widgets.styles import RoleStyles
from workbench.ui.widgets.tabs import TabLine
from workbench.ui.widgets.top_bar import TopBar

CURVES = ("val_accuracy", "train_loss", "val_loss", "train_accuracy", "lr", "loss")
TABLES = ("Results", "Differs", "Classes", "Layers", "Front")
UNITS = {"epoch": "epoch", "step": "step", "time": "seconds"}


class CompareScreen(Screen[None]):
    """Compares the runs that were marked in the list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "curve(1)", "Curve", id="compare.curve", tooltip="Draw the next curve"),
        Binding("C", "curve(-1)", "Curve back", id="compare.curveback", show=False,
                tooltip="Draw the curve before"),
        Binding("x", "against", "Axis", id="compare.axis",
                tooltip="Against epochs, steps or training time"),
        Binding("v", "cost", "Cost", id="compare.cost",
                tooltip="Accuracy against parameters, MACs or time, in place of the curves"),
        Binding("tab", "table(1)", "Table", id="compare.table", tooltip="The next table"),
        Binding("shift+tab", "table(-1)", "Table back", id="compare.tableback", show=False),
        *(Binding(str(n + 1), f"choose({n})", name, id=f"compare.{name.lower()}", show=False,
                  tooltip=f"The table {name}") for n, name in enumerate(TABLES)),
        Binding("j,down", "scroll(0,1)", "Down", id="compare.down", show=False),
        Binding("k,up", "scroll(0,-1)", "Up", id="compare.up", show=False),
        Binding("l,right", "scroll(8,0)", "Right", id="compare.right", show=False),
        Binding("h,left", "scroll(-8,0)", "Left", id="compare.left", show=False),
        Binding("escape", "app.pop_screen", "Back", id="compare.back"),
    ]  # fmt: skip

    def __init__(self, folders: Sequence[RunFolder]) -> None:
        super().__init__()
        self._folders = list(folders)
        self.compared: list[ComparedRun] = []
        self._curve, self._against, self._cost, self._table = 0, 0, -1, 0

    def compose(self) -> ComposeResult:
        """Names, plot, tables, keys."""
        yield RoleStyles()
        yield TopBar("runs")
        yield Lines(id="compare-names")
        yield Lines(id="compare-plot")
        yield TabLine(list(TABLES), id="compare-tabs")
        yield Lines(id="compare-table")
        yield KeyLine()

    def on_mount(self) -> None:
        """Start to read the runs in a thread."""
        self.query_one("#compare-names", Lines).show_lines([[("reading the runs …", "muted")]])
        self._read()

    @work(thread=True, group="compare")
    def _read(self) -> None:
        try:
            compared = read_compared_runs(self._folders)
        except WorkbenchError as error:
            self.app.call_from_thread(say_refusal, self.app, error)
            return
        self.app.call_from_thread(self._take, compared)

    def _take(self, compared: list[ComparedRun]) -> None:
        self.compared = compared
        self._show()

    def on_resize(self) -> None:
        """Draw the plot for the new size."""
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        if not self.compared:
            return
        names, plot = (self.query_one(f"#compare-{name}", Lines) for name in ("names", "plot"))
        names.show_lines([legend([run.id for run in self.compared], self.size.width)])
        plot.show_lines(self._plot(plot.size.width, plot.size.height))
        self.query_one(TabLine).choose(self._table)
        table = self.query_one("#compare-table", Lines)
        table.show_lines(self._table_lines())

    def _plot(self, width: int, height: int) -> list[Line]:
        if self._cost >= 0:
            return self._front(width, height)
        name, against = CURVES[self._curve], get_args(Against)[self._against]
        scale = 100 if name.endswith("accuracy") else 1
        curves = []
        for run in self.compared:
            x, y = run.curve(name, against)
            curves.append((x, [value * scale for value in y]))
        title = name.replace("_", " ") + (", %" if scale == 100 else "")
        drawn = overlay(curves, UNITS[against], width, height - 1, whole=against != "time")
        return [[(f" {title}", "heading")], *(drawn or [[(" none of these runs has it", "muted")]])]

    def _front(self, width: int, height: int) -> list[Line]:
        cost, gain = document.COSTS[self._cost], document.gain_of(self.compared)
        points = {}
        for index, run in enumerate(self.compared):
            x, y = (result_of(run.info.record, name) for name in (cost, gain))
            if x is not None and y is not None:
                points[index] = (x, y * 100)
        ids = document.pareto_ids(self.compared, cost)
        front = {index for index, run in enumerate(self.compared) if run.id in ids}
        title = f" {RESULTS[gain].title}, %, against {RESULTS[cost].title}"
        drawn = dots(points, front, width, height - 1)
        return [
            [(title, "heading"), ("  on the Pareto front: ", "muted"), (", ".join(ids), "best")],
            *(drawn or [[(" none of these runs has it", "muted")]]),
        ]

    def _table_lines(self) -> list[Line]:
        make = (
            document.results_table,
            document.configuration_table,
            document.classes_table,
            document.layers_table,
            document.pareto_table,
        )[self._table]
        table = make(self.compared)
        if not table.rows:
            return [[(" Nothing to show: the runs do not differ in it, or have none.", "muted")]]
        lines = table_lines(table)
        if sum(len(text) for text, _ in lines[0]) > self.size.width:
            return table_lines(lettered(table, [run.id for run in self.compared]))
        return lines

    def on_tab_line_chosen(self, message: TabLine.Chosen) -> None:
        """A click on a tab."""
        self.action_choose(message.index)

    def action_curve(self, by: int) -> None:
        """Another curve."""
        self._cost = -1
        self._curve = (self._curve + by) % len(CURVES)
        self._show()

    def action_against(self) -> None:
        """Another x axis."""
        self._cost = -1
        self._against = (self._against + 1) % len(UNITS)
        self._show()

    def action_cost(self) -> None:
        """Accuracy against the next kind of cost."""
        self._cost = (self._cost + 1) % len(document.COSTS)
        self._show()

    def action_table(self, by: int) -> None:
        """The next table."""
        self.action_choose((self._table + by) % len(TABLES))

    def action_choose(self, index: int) -> None:
        """A table by its number."""
        self._table = index
        self.query_one("#compare-table", Lines).scroll_to(0, 0, animate=False)
        self._show()

    def action_scroll(self, x: int, y: int) -> None:
        """Move the table."""
        self.query_one("#compare-table", Lines).scroll_relative(x=x, y=y, animate=False)
