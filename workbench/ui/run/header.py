"""The header of the Run screen: run, status, progress, times."""

from collections.abc import Hashable
from typing import ClassVar

from workbench.formatting.text import count, percent
from workbench.ui.run.panel import Panel, RunView
from workbench.ui.widgets.formatting import bar, clean, duration, fit, right
from workbench.ui.widgets.lines import Line
from workbench.ui.widgets.status_icons import icon

ROOMY = 120  # columns from which everything is spelled out


class RunHeader(Panel):
    """One line over the whole width."""

    calm: ClassVar[bool] = True

    def key(self, view: RunView) -> Hashable:
        """The text of all its numbers."""
        state = view.state
        return (view.status.words, state.epoch, state.step, state.steps, *_right(view, True))

    def draw(self, view: RunView, width: int, height: int) -> list[Line]:
        """Name, status, position, bar, times; numbers in fixed widths."""
        roomy = width >= ROOMY
        sign, role = icon(view.status.name)
        status = view.status.words
        name = fit(clean(view.folder.id), min(len(view.folder.id), 40 if roomy else 22))
        head: Line = [(" ", ""), (name, "heading"), ("  ", "")]
        head += [(f"{sign} {status}" if roomy or not view.status.is_live else sign, role)]
        head += [("   " if roomy else " ", ""), *_position(view, roomy)]
        tail = "   " + (" · " if roomy else "  ").join(_right(view, roomy)) + " "
        share = right(percent(view.state.progress), 8)
        used = sum(len(text) for text, _ in head) + len(share) + len(tail) + 1
        room = width - used
        if room >= 6:
            filled, track = bar(view.state.progress, room)
            head += [(" ", ""), (filled, "train"), (track, "track")]
        elif room > 0:
            head += [(" " * (room + 1), "")]
        return [[*head, (share, ""), (tail, "muted")]]


def _position(view: RunView, roomy: bool) -> Line:
    state = view.state
    if not state.steps:
        # Where there is room the status is a word already.
        waits = not roomy and view.status.name in ("queued", "starting")
        return [(view.status.words if waits else "not started", "muted")]
    step = f"{right(count(state.step), len(count(state.steps)))}/{count(state.steps)}"
    epoch = f"{right(str(state.epoch), len(str(state.epochs)))}/{state.epochs}"
    if not roomy:
        return [(epoch if state.epochs else step, "")]
    spans: Line = [("epoch ", "muted"), (epoch, ""), ("   ", "")] if state.epochs else []
    return [*spans, ("step ", "muted"), (step, "")]


def _right(view: RunView, roomy: bool) -> list[str]:
    """Times and speed while it runs; then its time and result."""
    state = view.state
    elapsed = duration(state.seconds)
    if view.status.is_live:
        left = f"{right(duration(state.seconds_left, tight=not roomy), 6)} left"
        speed = f"{right(count(state.images_per_second), 6)} img/s"
        return [right(elapsed, 7), left, speed] if roomy else [left, speed]
    accuracy = state.test.get("test_accuracy")
    if isinstance(accuracy, int | float):
        return [elapsed, f"test {percent(accuracy, 2)}"]
    return [elapsed, f"best val {percent(state.best_accuracy)}"]
