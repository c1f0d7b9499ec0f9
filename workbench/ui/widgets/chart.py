"""Draws a chart as lines of text: plotext draws, its colours become roles."""

import math
import re
from dataclasses import dataclass

from textual_plotext.plot import Plot

from workbench.ui.widgets.axes import Axis
from workbench.ui.widgets.curves import Points
from workbench.ui.widgets.lines import Line, plain

COLOR = re.compile(r"\x1b\[([0-9;]*)m")
LABEL_WIDTH = 6  # of the value axis, whatever its numbers, so that the canvas stays in place
FURTHER = ("curve1", "curve2", "curve3", "curve4", "curve5", "curve6")  # beside train and val
ROLE_CODES = ("axis", "train", "val", "best", "raw", "accent", *FURTHER)


@dataclass(frozen=True)
class Curve:
    """A curve of a chart."""

    points: Points
    role: str
    letter: str = ""  # written on it, where there may be more curves than colours
    place: float = 1.0  # of its letter, from 0 to 1 along its points


@dataclass(frozen=True)
class Chart:
    """All that determines a chart; equal charts are drawn the same."""

    curves: tuple[Curve, ...]
    x_axis: Axis
    y_axis: Axis
    x_label: str
    best: tuple[float, float] | None = None


def draw(chart: Chart, width: int, height: int) -> list[Line]:
    """The chart in ``width`` × ``height`` cells."""
    plot = Plot()
    # Else it is cut to the terminal's size, which is not the widget's; only the module has a
    # public way to say so.
    plot._limit_size(False, False)  # type: ignore[attr-defined]
    plot.plot_size(width, height)
    plot.axes_color("default")
    plot.canvas_color("default")
    plot.ticks_color(ROLE_CODES.index("axis"))
    plot.xaxes(True, False)
    plot.yaxes(True, False)
    plot.xlim(chart.x_axis.low, chart.x_axis.high)
    plot.ylim(chart.y_axis.low, chart.y_axis.high)
    columns, rows = width - LABEL_WIDTH - 1, height - 2
    ticks = [tick for tick in chart.x_axis.ticks if _leaves_room(tick, chart, columns)]
    plot.xticks([at for at, _ in ticks], [text for _, text in ticks])
    labels = [text.rjust(LABEL_WIDTH - 1) + " " for _, text in chart.y_axis.ticks]
    plot.yticks([at for at, _ in chart.y_axis.ticks], labels)
    for curve in chart.curves:
        points = _inside(curve.points, chart.y_axis)
        if points:
            code = ROLE_CODES.index(curve.role)
            plot.plot(list(points.x), list(points.y), marker="braille", color=code)
    for curve in chart.curves:
        if curve.letter and curve.points:
            at = round(curve.place * (len(curve.points.x) - 1))
            points = _inside(curve.points, chart.y_axis)
            x, y = _cell_of_dots(chart, points.x[at], points.y[at], columns, rows)
            plot.scatter([x], [y], marker=curve.letter, color=ROLE_CODES.index(curve.role))
    if chart.best:
        x, y = _cell_of_dots(chart, *chart.best, columns, rows)
        plot.scatter([x], [y], marker="●", color=ROLE_CODES.index("best"))
    if not any(curve.points for curve in chart.curves):
        plot.scatter([chart.x_axis.low], [chart.y_axis.low], marker=" ")  # no data, no axes
    lines = [_line(row) for row in plot.build().split("\n")[:height]]
    return _label(lines, chart.x_label, width)


def _leaves_room(tick: tuple[float, str], chart: Chart, columns: int) -> bool:
    """Whether a tick leaves room for the name of the axis at the right end."""
    at, text = tick
    place = at / (chart.x_axis.high - chart.x_axis.low) * columns
    return place + len(text) / 2 < columns - len(chart.x_label) - 1


def _cell_of_dots(chart: Chart, x: float, y: float, columns: int, rows: int) -> tuple[float, float]:
    """Move a point so that plotext puts a character into the cell of the dots of its curve.

    Dots, two by four to a cell, are rounded to the nearest dot and belong to the cell
    that holds it; a character is rounded to the nearest cell, which may be the next one.
    """
    return _of_cell(chart.x_axis, x, columns, 2), _of_cell(chart.y_axis, y, rows, 4)


def _of_cell(axis: Axis, value: float, cells: int, dots: int) -> float:
    """The value at which a character falls into the cell with the dot of ``value``."""
    share = min(1.0, max(0.0, (value - axis.low) / (axis.high - axis.low)))
    cell = math.floor(round(0.5 + share * (cells * dots - 1), 8)) // dots
    return axis.low + (axis.high - axis.low) * cell / max(1, cells - 1)


def _inside(points: Points, axis: Axis) -> Points:
    """Values beyond the axis are drawn at its edge."""
    if all(axis.low <= value <= axis.high for value in points.y):
        return points
    return Points(points.x, tuple(min(axis.high, max(axis.low, value)) for value in points.y))


def _line(row: str) -> Line:
    """A row of plotext's output, with its escape sequences turned into roles."""
    line: Line = []
    role = "axis"
    for i, part in enumerate(COLOR.split(row)):
        if i % 2:
            role = _role(part)
        elif part:
            if line and line[-1][1] == role:
                line[-1] = (line[-1][0] + part, role)
            else:
                line.append((part, role))
    return line


def _role(code: str) -> str:
    if not code.startswith("38;5;"):
        return "axis"
    number = int(code.rpartition(";")[2])
    return ROLE_CODES[number] if number < len(ROLE_CODES) else "axis"


def _label(lines: list[Line], label: str, width: int) -> list[Line]:
    """Write the name of the x axis at the right end of its numbers, where there is room."""
    if not lines:
        return lines
    text = plain(lines[-1])[:width].ljust(width)
    if not text[-len(label) - 1 :].strip():
        lines[-1] = [(text[: -len(label)] + label, "axis")]
    return lines
