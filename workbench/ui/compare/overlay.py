"""Draws several runs in one chart: curves, and dots named by letters. Pure functions."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from workbench.formatting.tables import TextTable
from workbench.formatting.text import short
from workbench.ui.widgets.axes import Axis, length_axis, value_axis
from workbench.ui.widgets.chart import FURTHER, LABEL_WIDTH, Chart, Curve, draw
from workbench.ui.widgets.curves import Points, reduce_points
from workbench.ui.widgets.formatting import clean
from workbench.ui.widgets.lines import Line

INKS = ("val", "train", *FURTHER)  # of the runs, in turn
APART = 8  # places in the right half where letters stand
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LEAST = 8  # cells of a name, or it says nothing
BEST = " ★"  # after the best of a row
XY = tuple[Sequence[float], Sequence[float]]


def curve_role(index: int) -> str:
    """The role (colour) of a run."""
    return INKS[index % len(INKS)]


def letter(index: int) -> str:
    """The letter of a run in a chart."""
    return LETTERS[index % len(LETTERS)]


def legend(names: Sequence[str], width: int) -> Line:
    """``A tiny  B wide …`` in the runs' colours, as many as fit.

    Names that do not fit are cut at the beginning, which a sweep's runs share.
    """
    line: Line = []
    left, room = width, width // max(1, len(names)) - len(" A  ")
    fits = sum(len(clean(name)) + len(" A  ") for name in names) <= width
    for index, name in enumerate(names):
        shown = clean(name)
        if not fits and LEAST < room < len(shown):
            shown = "…" + shown[1 - room :]
        text = f" {letter(index)} {shown} "
        if len(text) > left:
            return [*line, ("…", "muted")] if left else line
        line.append((text, curve_role(index)))
        left -= len(text)
    return line


def overlay(
    curves: Sequence[XY], x_label: str, width: int, height: int, *, whole: bool = True
) -> list[Line]:
    """Curves over a common x from 0, each in its run's colour and letter; [] without points."""
    if width <= LABEL_WIDTH + 8 or height < 4 or not any(len(x) for x, _ in curves):
        return []
    reached = max(max(x, default=0.0) for x, _ in curves)
    columns = width - LABEL_WIDTH - 1
    x_axis = length_axis(reached, reached, columns, whole=whole)
    drawn = tuple(
        Curve(
            reduce_points(x, y, x_axis.high, 2 * columns, growing=False),
            curve_role(index),
            letter(index),
            1 - (index % APART + 0.5) / (2 * APART),  # curves that end in one place: letters do not
        )
        for index, (x, y) in enumerate(curves)
    )
    y_axis = value_axis([value for curve in drawn for value in curve.points.y], height - 2)
    return draw(Chart(drawn, x_axis, y_axis, x_label), width, height)


def swept(
    points: Sequence[tuple[float, float]], x_label: str, width: int, height: int
) -> list[Line]:
    """A result against the swept value; logarithmic where that spans decades."""
    if len(points) < 2 or width <= LABEL_WIDTH + 8 or height < 4:
        return []
    low, high = points[0][0], points[-1][0]
    decades = low > 0 and high / low >= 20

    def place(value: float) -> float:
        return math.log10(value) if decades else value

    values = sorted({x for x, _ in points})
    every = -(-len(values) * 10 // width)
    ticks = tuple((place(value), short(value)) for value in values[::every])
    x_axis = Axis(place(low), place(high), ticks) if high > low else Axis(low - 1, low + 1, ticks)
    curve = Points(tuple(place(x) for x, _ in points), tuple(y for _, y in points))
    y_axis = value_axis(list(curve.y), height - 2)
    return draw(Chart((Curve(curve, "accent"),), x_axis, y_axis, x_label), width, height)


def dots(
    points: Mapping[int, tuple[float, float]], front: set[int], width: int, height: int
) -> list[Line]:
    """Runs as letters at (cost, gain), cost to the right; the Pareto front is highlighted."""
    columns, rows = width - LABEL_WIDTH - 2, height - 2
    if not points or columns < 8 or rows < 2:
        return []
    costs, gains = [x for x, _ in points.values()], [y for _, y in points.values()]
    low, high = min(costs), max(costs)
    y_axis = value_axis(gains, rows)
    grid: list[list[tuple[str, str]]] = [[(" ", "")] * columns for _ in range(rows)]
    for index, (cost, gain) in points.items():
        column = round((cost - low) / (high - low or 1) * (columns - 1))
        row = _row(y_axis, gain, rows)
        role = f"{curve_role(index)} selected" if index in front else curve_role(index)
        grid[row][column] = (letter(index), role)
    lines: list[Line] = []
    labels = {_row(y_axis, value, rows): text for value, text in y_axis.ticks}
    for number, cells in enumerate(grid):
        label = labels.get(number, "")[: LABEL_WIDTH - 1].rjust(LABEL_WIDTH - 1)
        lines.append([(f"{label} {'┤' if number in labels else '│'}", "axis"), *cells])
    left, right = short(low), short(high)
    lines.append([(" " * LABEL_WIDTH + "└" + "─" * columns, "axis")])
    if len(left) + 1 + len(right) > columns:
        right = ""
    gap = columns - len(left) - len(right)
    lines.append([(" " * (LABEL_WIDTH + 1) + left + " " * gap + right, "axis")])
    return lines


def _row(axis: Axis, value: float, rows: int) -> int:
    """The row of a value, from the top."""
    return rows - 1 - round((value - axis.low) / (axis.high - axis.low) * (rows - 1))


def lettered(table: TextTable, names: Sequence[str]) -> TextTable:
    """The table with letters in place of run ids in its headings."""
    headings = list(table.headings)
    for index, name in enumerate(names):
        for column, heading in enumerate(headings):
            if heading == name or heading.startswith(f"{name} "):
                headings[column] = letter(index) + heading.removeprefix(name)
                break
    return replace(table, headings=headings)


def table_lines(table: TextTable, *, cursor: int | None = None) -> list[Line]:
    """A table in aligned columns, with bold headings and best cells (★) in their colour.

    Digits are aligned whether a ★ follows them or not.
    """
    rows = [[clean(cell) for cell in row] for row in (table.headings, *table.rows)]
    for index in table.right:
        if any(row[index].endswith(BEST) for row in rows):
            for row in rows:
                row[index] += "" if row[index].endswith(BEST) else " " * len(BEST)
    widths = [max(len(row[i]) for row in rows) for i in range(len(table.headings))]
    lines: list[Line] = []
    for number, row in enumerate(rows):
        line: Line = []
        for index, (cell, width) in enumerate(zip(row, widths, strict=True)):
            text = cell.rjust(width) if index in table.right else cell.ljust(width)
            role = "heading" if number == 0 else "best" if "★" in cell else ""
            if cursor is not None and number == cursor + 1:
                role = f"{role} cursor".strip()
            line.append((f"{text}  ", role))
        lines.append(line)
    return lines
