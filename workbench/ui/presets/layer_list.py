"""The layer table of the form: stages and blocks that fold and are sorted by their sums."""

from collections.abc import Mapping
from typing import Any, ClassVar

from rich.text import Text
from textual import on
from textual.binding import Binding, BindingType
from textual.widgets import DataTable

from workbench.formatting.layer_table import SORT_TURNS, Node, SortKey, number, times, titled, tree

# From how many cells of width on a column is shown; what is named most often stays longest.
COLUMNS = {"name": 0, "type": 72, "output": 50, "params": 0, "MACs": 0}
NUMERIC = ("params", "MACs")
LONGEST_TYPE = 13  # cells
OPEN_DEPTH = 1  # stages are open, blocks folded


class LayerList(DataTable[Text]):
    """A table of layers in groups that fold."""

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
        Binding("o", "sort", "Sort", id="layers.sort",
                tooltip="Sort by parameters, MACs or name, or as executed"),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__(id="layer-list", cursor_type="row", cell_padding=1)
        self._summary: Mapping[str, Any] | None = None
        self._network: Node | None = None
        self._sort: SortKey = "order"
        self._folded: dict[str, bool] = {}  # by path, where the person has decided
        self._lines: list[Node] = []
        self._headings: list[str] = []

    def on_resize(self) -> None:
        """Show as many columns as there is room for."""
        if self._headings != self._fitting_headings():
            self._fill()

    def show(self, summary: Mapping[str, Any]) -> None:
        """Show a summary's layers; folding and sorting are kept."""
        self._summary = summary
        self._network = tree(summary, self._sort)
        self._fill()

    def action_sort(self) -> None:
        """Sort by the next column of ``SORT_TURNS``."""
        self._sort_by(SORT_TURNS[(SORT_TURNS.index(self._sort) + 1) % len(SORT_TURNS)])

    def _sort_by(self, key: SortKey) -> None:
        self._sort = key
        if self._summary is not None:
            self.show(self._summary)
            self.move_cursor(row=0)  # what costs most, in view

    @on(DataTable.HeaderSelected)
    def _heading_clicked(self, event: DataTable.HeaderSelected) -> None:
        event.stop()
        heading = self._headings[event.column_index].lower()
        key: SortKey = next((key for key in SORT_TURNS if key == heading != self._sort), "order")
        self._sort_by(key)

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
            title = titled(heading, self._sort)
            self.add_column(Text(title, justify="right" if heading in NUMERIC else "left"))
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
