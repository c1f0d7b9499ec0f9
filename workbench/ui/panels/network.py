"""What the network as edited costs: stages and blocks that fold, totals, the budget."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import DataTable, Input, Static

from workbench.config import RunConfig, to_tables
from workbench.layer_table import Node, number, remarks, times, tree
from workbench.runs.standby import Phase, Standby, StandbyError

# From how many cells of width on a column is shown; what is named most often stays longest.
COLUMNS = {"name": 0, "type": 72, "output": 50, "params": 0, "MACs": 0}
NUMERIC = ("params", "MACs")
LONGEST_TYPE = 13  # cells
OPEN_DEPTH = 1  # stages are open, blocks folded
BUDGET = 5_000_000  # study 2's; another one can be typed
BAR_WIDTH = 24
COUNTED = ("task", "model", "data", "augment")  # the sections that a network's cost depends on
STALE_SECONDS = 0.15  # a table that comes sooner is not dimmed in between
WAITING: dict[Phase, str] = {
    "off": "starting a process that counts…",
    "loading": "loading torch…",
    "ready": "counting…",
}


class LayerList(DataTable[Text]):
    """The rows; those with layers below them fold."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "select_cursor", "Fold", id="layers.fold",
                tooltip="Fold or unfold the stage or block under the cursor"),
        Binding("l,right", "unfold(True)", "Unfold", id="layers.open", show=False),
        Binding("h,left", "unfold(False)", "Fold", id="layers.close", show=False),
        Binding("j", "cursor_down", "Down", id="layers.down", show=False),
        Binding("k", "cursor_up", "Up", id="layers.up", show=False),
        Binding("plus", "all(True)", "Unfold all", id="layers.all",
                tooltip="Show every layer"),
        Binding("minus", "all(False)", "Fold all", id="layers.none", show=False,
                tooltip="Show stages only"),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__(id="layer-list", cursor_type="row", cell_padding=1)
        self._network: Node | None = None
        self._folded: dict[str, bool] = {}  # by path, where the person has decided
        self._lines: list[Node] = []
        self._headings: list[str] = []

    def on_resize(self) -> None:
        """Show as many columns as there is room for."""
        if self._headings != self._fitting_headings():
            self._fill()

    def show(self, network: Node) -> None:
        """Show a network's tree; what was folded stays folded."""
        self._network = network
        self._fill()

    def action_unfold(self, wanted: bool) -> None:
        """Fold or unfold the row under the cursor."""
        node = self._node()
        if node is not None and node.children and self._is_open(node) != wanted:
            self._folded[node.path] = not wanted
            self._fill()

    def action_all(self, wanted: bool) -> None:
        """Fold or unfold everything."""
        if self._network is not None:
            self._folded = {node.path: not wanted for node in self._network.walk() if node.children}
            self._fill()

    @on(DataTable.RowSelected)
    def _toggle(self, event: DataTable.RowSelected) -> None:
        event.stop()
        node = self._node()
        if node is not None:
            self.action_unfold(not self._is_open(node))

    def _node(self) -> Node | None:
        return self._lines[self.cursor_row] if 0 <= self.cursor_row < len(self._lines) else None

    def _is_open(self, node: Node) -> bool:
        return not self._folded.get(node.path, node.depth > OPEN_DEPTH)

    def _visible(self, node: Node) -> list[Node]:
        rows = []
        for child in node.children:
            rows.append(child)
            if child.children and self._is_open(child):
                rows += self._visible(child)
        return rows

    def _fill(self) -> None:
        if self._network is None:
            return
        row, top = self.cursor_row, self.scroll_y
        self._lines = self._visible(self._network)
        self._headings = self._fitting_headings()
        self.clear(columns=True)
        for heading in self._headings:
            self.add_column(Text(heading, justify="right" if heading in NUMERIC else "left"))
        for node in self._lines:
            cells = self._cells(node)
            self.add_row(*(cells[heading] for heading in self._headings))
        self.move_cursor(row=min(row, len(self._lines) - 1), scroll=False)
        self.scroll_to(y=top, animate=False, immediate=True)

    def _fitting_headings(self) -> list[str]:
        width = self.container_size.width
        return [heading for heading, room in COLUMNS.items() if width >= room]

    def _cells(self, node: Node) -> dict[str, Text]:
        mark = "  "
        if node.children:
            mark = "▾ " if self._is_open(node) else "▸ "
        style = "bold" if node.children and node.depth == 1 else ""
        kind = Text(str(node.layer["type"]) if node.layer else "")
        kind.truncate(LONGEST_TYPE, overflow="ellipsis")
        return {
            "name": Text("  " * (node.depth - 1) + mark + node.label, style=style),
            "type": kind,
            "output": Text(times(node.output_shape)),
            "params": Text(number(node.params) or "–", justify="right", style=style),
            "MACs": Text(number(node.macs) or "–", justify="right", style=style),
        }


class NetworkPanel(Vertical):
    """Table, totals and budget; says what it waits for while it has nothing to show."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f5", "screen.start", "Start", id="layers.start", key_display="F5",
                tooltip="Start training with the settings as they are"),
    ]  # fmt: skip

    def __init__(self, standby: Standby) -> None:
        super().__init__(id="layers")
        self._standby = standby
        self._summary: Mapping[str, Any] | None = None
        self._counted: dict[str, Mapping[str, Any]] = {}  # by what a count depends on
        self._wanted = ""

    def compose(self) -> ComposeResult:
        """A word, the table, the totals, the budget."""
        yield Static(id="layers-word", markup=False)
        yield LayerList()
        with Vertical(id="cost"):
            yield Static(id="totals", markup=False)
            with Horizontal(id="budget"):
                yield Static("budget")
                yield Input(f"{BUDGET:,}", compact=True, id="budget-value")
                yield Static(id="budget-bar")

    def on_mount(self) -> None:
        """Nothing to show yet."""
        self._arrange("")

    def follow(self, config: RunConfig) -> None:
        """Show the network of ``config``: at once if it was counted, else when it is.

        Of requests that come faster than they are answered only the newest counts.
        """
        tables = to_tables(config)
        key = json.dumps([tables[name] for name in COUNTED])
        if key == self._wanted:
            return
        self._wanted = key
        if key in self._counted:
            self.show(self._counted[key])
        else:
            self._count(config, key)

    @work(exclusive=True, group="count")
    async def _count(self, config: RunConfig, key: str) -> None:
        if self._standby.phase != "ready":
            self.wait(WAITING[self._standby.phase])
        dim = self.set_timer(STALE_SECONDS, lambda: self.wait(WAITING[self._standby.phase]))
        try:
            summary = await self._standby.summarize(config)
        except StandbyError as error:
            if key == self._wanted:
                self._wanted = ""  # so that the same settings are asked about again
                self.refuse(str(error))
            return
        finally:
            dim.stop()
        self._counted[key] = summary
        if key == self._wanted:
            self.show(summary)

    def hold(self, key: str) -> None:
        """Keep the network in view, dimmed: the value of ``key`` is refused."""
        self._wanted = ""
        self.wait(f"as it was before {key} was refused")

    def standby_is(self, phase: Phase) -> None:
        """Say what a count waits for."""
        if self._wanted and self._wanted not in self._counted and phase != "off":
            self.wait(WAITING[phase])

    def show(self, summary: Mapping[str, Any]) -> None:
        """Show the network that a summary describes."""
        self._summary = summary
        self.remove_class("-stale")
        self._arrange("")
        self.query_one(LayerList).show(tree(summary))
        self.query_one("#totals", Static).update(_totals(summary))
        self._show_budget()

    def wait(self, what: str) -> None:
        """The network in view is not the one that is wanted; ``what`` is being waited for."""
        self.add_class("-stale")
        self._arrange(what)

    def refuse(self, why: str) -> None:
        """The network that is wanted cannot be counted."""
        self.add_class("-stale")
        self._arrange(f"✗ {why}", bad=True)

    def _arrange(self, word: str, bad: bool = False) -> None:
        line = self.query_one("#layers-word", Static)
        line.update(word)
        line.display = bool(word)
        line.set_class(bad, "-bad")
        for name in ("#layer-list", "#cost"):
            self.query_one(name).display = self._summary is not None

    @on(Input.Changed, "#budget-value")
    def _budget_typed(self, event: Input.Changed) -> None:
        event.stop()
        self._show_budget()

    def _show_budget(self) -> None:
        bar = self.query_one("#budget-bar", Static)
        text = (
            self.query_one("#budget-value", Input).value.replace(",", "").replace("_", "").strip()
        )
        if not text:
            bar.update(Content.styled("parameters; empty: no budget", "$muted"))
        elif not text.isdecimal() or int(text) < 1:
            bar.update(Content.styled("✗ must be a number of parameters, 1 or more", "$bad"))
        elif self._summary is not None:
            bar.update(budget_bar(int(self._summary["params"]), int(text)))


def budget_bar(params: int, budget: int, width: int = BAR_WIDTH) -> Content:
    """How much of a budget of parameters is used; full and bad where it is exceeded."""
    share = params / budget
    eighths = min(round(share * width * 8), width * 8)
    bar = "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()
    over = f"  {params - budget:,} over" if params > budget else ""
    style = "$bad" if params > budget else "$good"
    return Content.assemble(
        (f"{bar:<{width}}", f"{style} on $panel"), (f" {share:.1%}{over}", style)
    )


def _totals(summary: Mapping[str, Any]) -> Content:
    total = f"total  {summary['params']:,} parameters  {summary['macs']:,} MACs"
    shape = f"  at {times(summary['input'])}"
    lines = [Content.assemble((total, "bold"), (shape, "$muted"))]
    second = summary["ptflops"]
    if second["macs"] is not None:
        text = f"ptflops {second['macs']:,}: it also counts biases, norms, activations, pooling"
        lines.append(Content.styled(text, "$muted"))
    notes = [remark for remark in remarks(summary) if remark.startswith("!")]
    lines += [Content.styled(note, "$warning") for note in notes]
    return Content("\n").join(lines)
