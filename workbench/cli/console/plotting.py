"""Plots as text, drawn by plotext; without colour where stdout is no terminal."""

import math
import shutil
import sys
from collections.abc import Mapping, Sequence

from workbench.formatting.text import one_line, short

Points = tuple[Sequence[float], Sequence[float]]
HEIGHT = 16  # lines
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
TICKS = 8  # most of them on an axis


def line_plot(
    curves: Mapping[str, Points],
    title: str,
    x_name: str,
    *,
    scatter: bool = False,
    log_x: bool = False,
) -> str:
    """Curves (name → x, y) as text, as wide as the terminal; "" without points.

    The ticks of the x axis are values of points; ``log_x`` makes it logarithmic.
    """
    import plotext

    drawn = {name: points for name, points in curves.items() if len(points[0])}
    if not drawn:
        return ""
    plotext.clear_figure()
    width = min(100, shutil.get_terminal_size().columns - 1)
    plotext.plot_size(width, HEIGHT)
    plotext.theme("clear")
    for index, (name, (x, y)) in enumerate(drawn.items()):
        draw = plotext.scatter if scatter else plotext.plot
        label = one_line(name) if len(drawn) > 1 else None
        places = [math.log10(value) for value in x] if log_x else list(x)
        # Letters tell points apart without colour too; curves are read by their colour.
        marker = LETTERS[index % len(LETTERS)] if scatter else "braille"
        draw(places, list(y), label=label, marker=marker)
    values = sorted({value for x, _ in drawn.values() for value in x})
    ticks = values[:: -(-len(values) // TICKS)]
    names = [f"{value:g}" if abs(value) < 1e5 else short(value) for value in ticks]
    plotext.xticks([math.log10(value) for value in ticks] if log_x else ticks, names)
    plotext.title(one_line(title))
    plotext.xlabel(one_line(x_name))
    text: str = plotext.build()
    return text if sys.stdout.isatty() else plotext.uncolorize(text)
