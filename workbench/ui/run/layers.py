"""The Layers panel: the layer table of the run's network, grouped by stage and block."""

from collections.abc import Hashable
from typing import Any, ClassVar

from rich.cells import cell_len

from workbench.formatting.layer_table import (
    COLUMNS,
    NUMERIC,
    SORT_TURNS,
    SortKey,
    cells,
    remarks,
    titled,
    tree,
)
from workbench.runs.store.documents import read_layers
from workbench.ui.run.panel import Panel, RunView, modified
from workbench.ui.widgets.formatting import clean, fit, right
from workbench.ui.widgets.lines import Line
from workbench.ui.widgets.message import wrap

NARROW = ("name", "output", "params", "MACs", "share")


class LayersPanel(Panel):
    """Reads ``layers.json`` of the run, which its worker writes when it starts."""

    title: ClassVar[str] = "Layers"
    _sort: SortKey = "order"

    def next_sort(self) -> None:
        """Sort by the next column of ``SORT_TURNS``."""
        self._sort = SORT_TURNS[(SORT_TURNS.index(self._sort) + 1) % len(SORT_TURNS)]
        self.redraw()

    def key(self, view: RunView) -> Hashable:
        """The file's time, and the sorting."""
        return modified(view.folder.path / "layers.json"), view.status.is_live, self._sort

    def draw(self, view: RunView, width: int, height: int) -> list[Line]:
        """The tree with the total first, or why there is none."""
        try:
            summary = read_layers(view.folder)
            return layer_lines(summary, width, self._sort)
        except FileNotFoundError:
            waits = "is written when training starts" if view.status.is_live else "was not kept"
            return [[(f" the layer table {waits}", "muted")]]
        except (OSError, ValueError):
            return [[(" layers.json of this run cannot be read", "bad")]]


def layer_lines(summary: dict[str, Any], width: int, sort: SortKey = "order") -> list[Line]:
    """Header, total, then every stage, block and layer, indented; sorted within each group."""
    columns = COLUMNS if width >= 110 else NARROW
    picked = [COLUMNS.index(name) for name in columns]
    headings = tuple(titled(name, sort) for name in columns)
    nodes = list(tree(summary, sort).walk())
    rows = []
    for node in nodes:
        name, *others = (clean(cell) for cell in cells(node))
        row = ("  " * max(0, node.depth - 1) + name, *others)
        rows.append(tuple(row[i] for i in picked))
    widths = [
        max(cell_len(text) for text in column) for column in zip(headings, *rows, strict=True)
    ]
    widths[0] = min(widths[0], max(12, width - sum(widths[1:]) - 2 * len(widths)))
    lines: list[Line] = [[(_row(headings, columns, widths), "muted")]]
    for node, row in zip(nodes, rows, strict=True):
        role = "heading" if node.depth == 0 else "accent" if node.children else ""
        lines.append([(_row(row, columns, widths), role)])
    for remark in remarks(summary):
        lines += [[], *([(f" {text}", "muted")] for text in wrap(clean(remark), width - 3))]
    return lines


def _row(row: tuple[str, ...], columns: tuple[str, ...], widths: list[int]) -> str:
    parts = [
        right(text, width) if name in NUMERIC else fit(text, width)
        for text, name, width in zip(row, columns, widths, strict=True)
    ]
    return " " + "  ".join(parts)
