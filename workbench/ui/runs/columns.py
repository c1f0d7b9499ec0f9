"""The columns of the run list: text, width, and the order in which they are dropped."""

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len

from workbench.formatting.text import count, percent
from workbench.runs.library.row import RunRow
from workbench.runs.live.status import status_words
from workbench.ui.widgets.formatting import clean, cut_middle, duration, fit, right, short_count
from workbench.ui.widgets.lines import Line
from workbench.ui.widgets.sparkline import sparkline
from workbench.ui.widgets.status_icons import icon

LEAST_CHANGES = 12  # cells that what was changed gets before other columns do
SPARK = 12


@dataclass(frozen=True)
class Column:
    """A column; ``to_right`` ones are right-aligned."""

    key: str  # of RunRow, and what it is sorted by
    title: str
    width: int
    text: Callable[[RunRow], str]
    role: str = ""
    to_right: bool = False
    wanted: int = 0  # cells that it fills where there is room to spare
    keeps_end: bool = False  # what does not fit is cut in the middle: its end tells it apart
    order: int = 0  # the highest goes first where there is no room

    def cell(self, row: RunRow) -> str:
        """The text of a run in exactly the column's width."""
        text = self.text(row)
        if self.keeps_end:
            text = cut_middle(text, self.width)
        return right(text, self.width) if self.to_right else fit(text, self.width)


def _started(row: RunRow) -> str:
    try:
        moment = datetime.datetime.fromisoformat(row.started).astimezone()
    except ValueError:
        return "–"
    return f"{moment:%Y-%m-%d %H:%M}"


def _test(row: RunRow) -> str:
    return percent(row.test, 2) if row.test is not None else "–"


def _val(row: RunRow) -> str:
    return percent(row.val, 2) if row.val is not None else "–"


COLUMNS = (
    Column("id", "run", 26, lambda row: clean(row.id), keeps_end=True),
    Column("changes", "changed", LEAST_CHANGES, lambda row: clean(row.changes), "changed", order=1),
    Column("val", "best val", 9, _val, to_right=True),
    Column("test", "test", 9, _test, to_right=True, order=2),
    Column(
        "params", "params", 8, lambda row: short_count(row.params), "muted", to_right=True, order=6
    ),
    Column("macs", "MACs", 8, lambda row: short_count(row.macs), "muted", to_right=True, order=7),
    Column("speed", "img/s", 8, lambda row: count(row.speed), "muted", to_right=True, order=8),
    Column("time", "time", 8, lambda row: duration(row.time), "muted", to_right=True, order=4),
    Column("started", "started", 16, _started, "muted", to_right=True, order=9),
    Column("curve", "val curve", SPARK, lambda r: sparkline([*r.curve], SPARK), "val", order=5),
)
ROOT = "root"
ROOT_WIDTH = 12
NARROW_ID = 20
ROOMY = 120
LEAD = 4  # " ● " before the first column, and the sign of a run that is marked


def root_column(names: Mapping[str, str]) -> Column:
    """The column of the runs directory, by its short name."""

    def text(row: RunRow) -> str:
        name = clean(names.get(row.root, row.root))
        return name if len(name) <= ROOT_WIDTH else f"…{name[1 - ROOT_WIDTH :]}"

    return Column(ROOT, ROOT, ROOT_WIDTH, text, "muted", order=3)


def for_ids(columns: Sequence[Column], rows: Sequence[RunRow]) -> list[Column]:
    """The columns, the first with room for the longest id."""
    longest = max((len(row.id) for row in rows), default=0)
    return [Column(**{**vars(columns[0]), "wanted": longest}), *columns[1:]]


def layout(width: int, columns: Sequence[Column] = COLUMNS) -> list[Column]:
    """The columns that fit into ``width``; ids, then changes, get the remaining room."""
    columns = list(columns)
    if width < ROOMY:
        columns[0] = _resized(columns[0], NARROW_ID)
    status = STATUS_WIDTH if width >= ROOMY else 0
    while _width(columns) + LEAD + status > width and any(c.order > 1 for c in columns):
        columns.remove(max(columns, key=lambda column: column.order))
    spare = width - _width(columns) - LEAD - status
    if spare > 0:  # ids whole before changes wide
        wider = min(spare, max(0, columns[0].wanted - columns[0].width))
        columns[0], spare = _resized(columns[0], columns[0].width + wider), spare - wider
    return [
        _resized(column, max(1, column.width + spare)) if column.key == "changes" else column
        for column in columns
    ]


STATUS_WIDTH = 13


def _width(columns: list[Column]) -> int:
    return sum(column.width + 2 for column in columns)


def _resized(column: Column, width: int) -> Column:
    return Column(**{**vars(column), "width": width})


def heading(columns: list[Column], sort: str, descending: bool, width: int) -> Line:
    """The titles, with an arrow at the sorted column."""
    line: Line = [(" " * LEAD + (fit("status", STATUS_WIDTH) if width >= ROOMY else ""), "muted")]
    for column in columns:
        arrow = ("▼" if descending else "▲") if column.key == sort else ""
        title = column.title + arrow
        text = right(title, column.width) if column.to_right else fit(title, column.width)
        line.append((f"{text}  ", "heading" if arrow else "muted"))
    return line


def column_at(columns: list[Column], x: int, width: int) -> str | None:
    """The key of the column below a cell of the heading."""
    at = LEAD + (STATUS_WIDTH if width >= ROOMY else 0)
    if x < at:
        return "status"
    for column in columns:
        at += column.width + 2
        if x < at:
            return column.key
    return None


def row_line(row: RunRow, columns: list[Column], width: int, *, marked: bool, cursor: bool) -> Line:
    """The line of a run; a live one shows its progress in place of the test accuracy."""
    sign, role = icon(row.status)
    line: Line = [("▌" if marked else " ", "accent"), (f" {sign} ", role)]
    if width >= ROOMY:
        line.append((fit(status_words(row.status, row.reason), STATUS_WIDTH), role))
    for column in columns:
        text, column_role = column.cell(row), column.role
        if column.key == "test" and row.status in ("running", "paused", "stalled"):
            text, column_role = right(percent(row.progress, 0), column.width), "live"
        line.append((f"{text}  ", column_role))
    used = sum(cell_len(text) for text, _ in line)
    line.append((" " * (width - used), ""))
    if cursor:
        line = [(text, f"{each} cursor".strip()) for text, each in line]
    return line


def sort_key(key: str) -> Callable[[RunRow], Any]:
    """The value by which rows are sorted; None: at the end."""
    if key == "curve":
        return lambda row: row.curve[-1] if row.curve else None
    if key == "changes":
        return lambda row: row.changes or row.preset
    return lambda row: getattr(row, key)


def sort_rows(rows: list[RunRow], key: str, descending: bool) -> list[RunRow]:
    """Sort by one column, then by id; runs without a value come last in both orders."""
    value = sort_key(key)
    rows = sorted(rows, key=lambda row: row.id)
    having = [row for row in rows if value(row) not in (None, "")]
    lacking = [row for row in rows if value(row) in (None, "")]
    ordered = sorted(having, key=value, reverse=descending)
    # A run that has only been launched has no start yet: it is the newest of all.
    return [*lacking, *ordered] if key == "started" and descending else [*ordered, *lacking]
