"""The plots of the Run screen: loss and accuracy of training and validation."""

from collections.abc import Hashable
from dataclasses import dataclass
from itertools import cycle
from typing import ClassVar, Literal

from workbench.formatting.text import count
from workbench.runs.history.series import Series
from workbench.runs.history.state import RunState
from workbench.ui.run.panel import Panel, RunView
from workbench.ui.widgets.axes import length_axis, log_axis, value_axis
from workbench.ui.widgets.chart import FURTHER, LABEL_WIDTH, Chart, Curve, draw
from workbench.ui.widgets.curves import (
    SMOOTHINGS,
    Points,
    logarithms,
    reduce_points,
    smooth,
)
from workbench.ui.widgets.formatting import clean, number
from workbench.ui.widgets.lines import Line, plain


@dataclass(frozen=True)
class PlotSettings:
    """The settings of both plots."""

    smoothing: int = 0  # index into SMOOTHINGS
    log: bool = False
    by_steps: bool = False


@dataclass(frozen=True)
class Drawn:
    """A chart and its title line."""

    chart: Chart
    legend: tuple[tuple[str, str], ...]  # name, role
    best: str


class RunPlot(Panel):
    """One plot with its title line; redrawn when a new half column is full."""

    title: ClassVar[str] = "Plots"

    def __init__(self, kind: Literal["loss", "accuracy"], *, id: str) -> None:
        super().__init__(id=id)
        self.kind = kind
        self.settings = PlotSettings()

    def set(self, settings: PlotSettings) -> None:
        """Draw with other settings."""
        self.settings = settings
        self.redraw()

    def key(self, view: RunView) -> Hashable:
        """The reduced curves and axes: they change when a half column is full."""
        width, height = self.size
        return self._build(view.state, view.status.is_live, width, height), view.waiting

    def draw(self, view: RunView, width: int, height: int) -> list[Line]:
        """Title and chart; before the first point, what is being waited for."""
        built = self._build(view.state, view.status.is_live, width, height)
        title = _title(self.kind, built, self.settings, width)
        if height < 5 or width < 24:
            return [title]
        lines = draw(built.chart, width - 1, height - 1)
        if not any(curve.points for curve in built.chart.curves):
            lines = _write_over(lines, _nothing_yet(view, self.kind), width)
        return [title, *lines]

    def _build(self, state: RunState, growing: bool, width: int, height: int) -> Drawn:
        build = build_loss if self.kind == "loss" else build_accuracy
        return build(state, self.settings, width - LABEL_WIDTH - 2, height - 3, growing)


def build_loss(
    state: RunState, settings: PlotSettings, columns: int, rows: int, growing: bool
) -> Drawn:
    """The loss chart: training loss by step, validation loss by epoch, and partial losses."""
    scale = _Scale(state, settings, columns, growing)
    raw = scale.steps(state.curves.get("loss"))
    val = scale.epochs(state.epoch_curves.get("val_loss"))
    curves = [Curve(raw, "raw")] if settings.smoothing else []
    curves.append(Curve(smooth(raw, SMOOTHINGS[settings.smoothing] * scale.axis.high), "train"))
    legend = [("train", "train"), ("val", "val")]
    others = [name for name in sorted(state.curves) if name.startswith("loss_")]
    for name, role in zip(others, cycle(FURTHER), strict=False):
        points = smooth(
            scale.steps(state.curves[name]), SMOOTHINGS[settings.smoothing] * scale.axis.high
        )
        curves.append(Curve(points, role))
        legend.append((name.removeprefix("loss_"), role))
    curves.append(Curve(val, "val"))
    best = state.best_loss
    if settings.log:
        curves = [Curve(logarithms(curve.points), curve.role) for curve in curves]
        y_axis = log_axis([v for curve in curves for v in curve.points.y], rows)
    else:
        y_axis = value_axis([v for curve in curves for v in curve.points.y], rows)
    spot = scale.spot(Points() if best is None else logarithms_of(best, settings.log))
    label = f"best {number(best)} @ {scale.where()}" if best is not None else ""
    return Drawn(Chart(tuple(curves), scale.axis, y_axis, scale.label, spot), tuple(legend), label)


def build_accuracy(
    state: RunState, settings: PlotSettings, columns: int, rows: int, growing: bool
) -> Drawn:
    """The accuracy chart: training and validation accuracy by epoch, in per cent."""
    scale = _Scale(state, settings, columns, growing)
    curves = [
        Curve(scale.epochs(state.epoch_curves.get(name), 100.0), role)
        for name, role in (("train_accuracy", "train"), ("val_accuracy", "val"))
    ]
    values = [v for curve in curves for v in curve.points.y] or [0.0, 100.0]
    y_axis = value_axis(values, rows, ceiling=100.0)
    best = state.best_accuracy
    spot = scale.spot(Points() if best is None else Points((0.0,), (100.0 * best,)))
    label = f"best {100 * best:.1f} % @ {scale.where()}" if best is not None else ""
    # Some tasks (torchvision's detectors) do not measure it while training.
    unmeasured = state.epoch_rows and "train_accuracy" not in state.epoch_curves
    legend = (("val", "val"),) if unmeasured else (("train", "train"), ("val", "val"))
    return Drawn(Chart(tuple(curves), scale.axis, y_axis, scale.label, spot), legend, label)


def logarithms_of(value: float, log: bool) -> Points:
    """A point of the chart, with the logarithm of its value if asked."""
    point = Points((0.0,), (value,))
    return logarithms(point) if log else point


class _Scale:
    """The x axis of a run, in epochs or steps, and its curves on it."""

    def __init__(
        self, state: RunState, settings: PlotSettings, columns: int, growing: bool
    ) -> None:
        per_epoch = state.start.get("steps_per_epoch")
        in_epochs = isinstance(per_epoch, int) and per_epoch > 0 and state.epochs > 0
        self._state, self._columns, self._growing = state, max(8, columns), growing
        self._unit = 1 if settings.by_steps or not in_epochs else int(per_epoch or 1)
        self.label = "step" if self._unit == 1 else "epoch"
        total, reached = state.steps / self._unit, state.step / self._unit
        if growing:  # from the first epoch on, or the first ten steps
            least = 10.0 if self._unit == 1 else 1.0
            reached = max(reached, min(least, total or least))
        self.axis = length_axis(reached, total if growing else reached, columns)

    def steps(self, series: Series | None) -> Points:
        """A curve by step, reduced to two points a column."""
        if series is None:
            return Points()
        x = [at / self._unit for at in series.x]
        return reduce_points(x, series.y, self.axis.high, 2 * self._columns, growing=self._growing)

    def epochs(self, series: Series | None, factor: float = 1.0) -> Points:
        """A curve by epoch."""
        if series is None:
            return Points()
        x = [at / self._unit for at in series.x]
        y = [factor * value for value in series.y]
        return reduce_points(x, y, self.axis.high, 2 * self._columns, growing=False)

    def spot(self, value: Points) -> tuple[float, float] | None:
        """The point of the best epoch."""
        return (self._state.best_step / self._unit, value.y[0]) if value else None

    def where(self) -> str:
        """The best epoch in words."""
        return str(self._state.best_epoch) if self._unit > 1 else count(self._state.best_step)


def _title(kind: str, built: Drawn, settings: PlotSettings, width: int) -> Line:
    line: Line = [(f" {kind}", "heading")]
    if kind == "loss" and settings.log:
        line.append((" log", "muted"))
    if kind == "loss" and settings.smoothing:
        line.append((f" smoothed {'▪' * settings.smoothing}", "muted"))
    for name, role in built.legend:
        line += [("   ", ""), ("── ", role), (clean(name), "muted")]
    gap = width - len(plain(line)) - len(built.best) - 4
    if built.best and gap > 0:
        line += [(" " * gap, ""), ("● ", "best"), (built.best, "")]
    return line


def _nothing_yet(view: RunView, kind: str) -> str:
    if view.waiting:
        return view.waiting
    if not view.status.is_live:
        return f"no {kind} was recorded"
    return "waiting for the first step" if kind == "loss" else "appears after the first epoch"


def _write_over(lines: list[Line], text: str, width: int) -> list[Line]:
    """Put a text into the middle of an empty canvas."""
    middle = len(lines) // 2
    row = plain(lines[middle]).ljust(width)
    start = max(LABEL_WIDTH + 2, (width - len(text)) // 2)
    lines[middle] = [(row[:start], "axis"), (clean(text)[: width - start], "muted")]
    return lines
