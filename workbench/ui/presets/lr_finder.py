"""The learning-rate finder over the Presets screen: a range test, its curve, its suggestion."""

import asyncio
import math
from collections.abc import Mapping
from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from workbench.config import RunConfig
from workbench.config.lr_range import Span, verdict
from workbench.config.split_check import resolve_to_train
from workbench.errors import WorkbenchError
from workbench.runs.live.lr_finding import find_lr
from workbench.runs.live.network_check import check_network
from workbench.ui.context import AppContext
from workbench.ui.widgets.axes import Axis, value_axis
from workbench.ui.widgets.chart import Chart, Curve, draw
from workbench.ui.widgets.curves import Points
from workbench.ui.widgets.formatting import clean
from workbench.ui.widgets.lines import Line, Lines
from workbench.ui.widgets.styles import RoleStyles


class LrFinder(ModalScreen[float | None]):
    """Tests learning rates in a process of its own; returns the one taken over, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take('suggestion')", "Take it over", id="lr.take",
                tooltip="Set optimizer.lr to the suggestion"),
        Binding("s", "take('steepest')", "Take the steepest", id="lr.steepest",
                tooltip="Set optimizer.lr to where the loss falls fastest"),
        Binding("escape,q", "dismiss(None)", "Close", id="lr.close",
                tooltip="Leave the learning rate as it is; ends a test that goes on"),
    ]  # fmt: skip

    def __init__(self, config: RunConfig, context: AppContext) -> None:
        super().__init__()
        self._asked, self._data_root = config, context.data_root
        self._document: Mapping[str, Any] | None = None

    def compose(self) -> ComposeResult:
        """The curve, what is known of it, and the keys."""
        with Vertical(id="lr-finder") as box:
            box.border_title = Content(f"learning rate of {clean(self._asked.about.preset)}")
            yield RoleStyles()
            yield Lines(id="lr-curve")
            yield Static("looking at the data…", id="lr-words", markup=False)
            yield Static(Content.styled("esc cancel", "$muted"), id="lr-keys")

    def on_mount(self) -> None:
        """Start the test."""
        self._test()

    @work(exclusive=True, group="lr")
    async def _test(self) -> None:
        config, root = self._asked, self._data_root
        try:
            fitted = await asyncio.to_thread(resolve_to_train, config, root)
            await asyncio.to_thread(check_network, fitted)
            self._say("loading torch…")
            document = await find_lr(fitted, Span(), self._progress)
        except WorkbenchError as error:
            self._say(f"✗ {clean(str(error))}")
            return
        self._document = document
        self._say(verdict(document))
        if document["suggestion"]:
            keys = "enter take it over   s take the steepest   esc leave it"
            self.query_one("#lr-keys", Static).update(Content.styled(keys, "$muted"))
        self.call_after_refresh(self._draw)  # the words may have taken a line

    def on_resize(self) -> None:
        """Draw the curve anew."""
        self.call_after_refresh(self._draw)

    def action_take(self, which: str) -> None:
        """Close with a rate, once there is one."""
        rate = (self._document or {}).get(which)
        if rate:
            self.dismiss(float(rate))

    def _say(self, words: str) -> None:
        self.query_one("#lr-words", Static).update(words)

    def _progress(self, message: str, done: int, total: int) -> None:
        self._say(f"{clean(message)} {done}/{total}" if total else f"{clean(message)}…")

    def _draw(self) -> None:
        curve = self.query_one("#lr-curve", Lines)
        width, height = curve.size
        if self._document and self._document["points"] and width and height:
            curve.show_lines(range_lines(self._document, width, height))


def range_lines(document: Mapping[str, Any], width: int, height: int) -> list[Line]:
    """Loss and smoothed loss over the logarithm of the rate, the suggestion marked."""
    points, low = document["points"], math.log10(document["low"])
    x = tuple(math.log10(point["lr"]) - low for point in points)
    smoothed = tuple(point["smoothed"] for point in points)
    raw = Curve(Points(x, tuple(point["loss"] for point in points)), "raw")
    best = None
    if rate := document["suggestion"]:
        at = math.log10(rate) - low
        nearest = min(range(len(x)), key=lambda index: abs(x[index] - at))
        best = (x[nearest], smoothed[nearest])
    end = math.log10(document["high"]) - low
    ticks = tuple(
        (power - low, f"1e{power}")
        for power in range(math.ceil(low - 1e-9), math.floor(low + end + 1e-9) + 1)
    )
    y_axis = value_axis(list(smoothed), height)
    chart = Chart(
        (raw, Curve(Points(x, smoothed), "train")), Axis(0.0, end, ticks), y_axis, "lr", best
    )
    return draw(chart, width, height)
