"""Reports a sweep's progress, and its result table and plot as text."""

from workbench.cli.console.live_line import LiveLine, is_terminal
from workbench.cli.console.plotting import line_plot
from workbench.formatting.text import columns, one_line, percent
from workbench.runs.library.columns import RESULTS, title
from workbench.sweeps.config import SweepConfig
from workbench.sweeps.coordinator import Coordinator
from workbench.sweeps.results import Table, plot_points, swept_key, text_table


class SweepReporter:
    """Reports on stderr what a coordinator does: lines that stay, a rewritten one below."""

    def __init__(self) -> None:
        self._line = LiveLine(live=is_terminal())

    def say(self, line: str) -> None:
        """Print a line that stays."""
        self._line.say(one_line(line))

    def show(self, coordinator: Coordinator) -> None:
        """Rewrite the line below: how many are done, and where each live run is."""
        self._line.show(one_line(progress_line(coordinator))[:160])

    def close(self) -> None:
        """Erase the rewritten line."""
        self._line.close()


def progress_line(coordinator: Coordinator) -> str:
    """``12/20 done · lr 0.1: epoch 3/10 71.2 %``."""
    parts = [f"{coordinator.done}/{coordinator.source.total} done"]
    if coordinator.failed:
        parts.append(f"{len(coordinator.failed)} failed")
    for live in coordinator.live.values():
        state = live.state
        where = f"epoch {state.epoch}/{state.epochs}" if state.epochs else state.phase or "starting"
        parts.append(f"{live.run.variant}: {where} {percent(state.best_accuracy)}")
    return " · ".join(parts)


def table_text(table: Table) -> str:
    """The result table, the best row marked."""
    found = text_table(table, "")
    heads = [heading.upper() for heading in found.headings]
    return columns([heads, *found.rows], sorted(found.right))


def plot_text(sweep: SweepConfig, table: Table) -> str:
    """A plot of the metric against the swept value; "" without such a value or with one point."""
    key = swept_key(sweep)
    points = plot_points(table, key) if key else []
    if len(points) < 2:
        return ""
    share = RESULTS[table.metric].kind == "share"
    x, y = [p[0] for p in points], [p[1] * (100 if share else 1) for p in points]
    unit = ", %" if share else ""
    wide = x[0] > 0 and x[-1] / x[0] >= 20
    return line_plot({key: (x, y)}, f"{title(table.metric)}{unit}", key, log_x=wide)
