"""``workbench compare``: two to many runs side by side."""

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import click

from workbench.cli.console.options import format_option, json_option, runs_argument, runs_dir_option
from workbench.cli.console.output import print_json
from workbench.cli.console.plotting import line_plot
from workbench.comparison import document as tables_of
from workbench.comparison.compared_run import Against, ComparedRun, read_compared_runs
from workbench.errors import RequestError
from workbench.runs.library.columns import RESULTS, result_of
from workbench.runs.store.folder import find_run

UNITS = {"epoch": "epoch", "step": "step", "time": "training time, s"}


@click.command(short_help="Runs side by side.")
@runs_argument
@click.option(
    "--against",
    type=click.Choice(["epoch", "step", "time"]),
    default="epoch",
    show_default=True,
    help="What the curves are drawn against.",
)
@click.option(
    "--curve",
    "curves",
    multiple=True,
    metavar="NAME",
    help="A curve to draw: val_accuracy, val_loss, loss, lr, …; may be repeated.",
)
@click.option("--layers", is_flag=True, help="Show the layer tables side by side too.")
@format_option(["table", "markdown", "csv"], default="table")
@runs_dir_option
@json_option
def command(
    runs: Sequence[str],
    against: str,
    curves: Sequence[str],
    layers: bool,
    layout: str,
    runs_dir: Path,
    as_json: bool,
) -> None:
    """What differs between two runs or more, and what came of it.

    The best of each result is marked ★.
    """
    if len(runs) < 2:
        raise RequestError("name two runs or more to compare")
    compared = read_compared_runs(find_run(run, runs_dir) for run in runs)
    _check_curves(compared, curves)
    axis = cast(Against, against)
    if as_json:
        print_json(tables_of.document(compared, axis))
        return
    tables = tables_of.tables(compared, layers=layers or layout != "table")
    if layout == "csv":
        click.echo("\n".join(table.csv() for table in tables), nl=False)
    elif layout == "markdown":
        click.echo("\n".join(f"## {table.title}\n\n{table.markdown()}" for table in tables))
    else:
        click.echo("\n\n".join(table.text() for table in tables))
        for plot in _plots(compared, axis, curves or ("val_accuracy", "train_loss")):
            click.echo("\n" + plot)


def _check_curves(compared: Sequence[ComparedRun], curves: Sequence[str]) -> None:
    known = {name for run in compared for name in (*run.state.curves, *_epoch_names(run))}
    for name in curves:
        if name not in known:
            there = ", ".join(sorted(known)) or "none"
            raise RequestError(f"--curve {name!r}: none of these runs has it; there are {there}")


def _epoch_names(run: ComparedRun) -> set[str]:
    return {name for row in run.state.epoch_rows for name in row}


def _plots(compared: Sequence[ComparedRun], against: Against, curves: Sequence[str]) -> list[str]:
    plots = []
    for name in curves:
        scale = 100 if name.endswith("accuracy") else 1
        points = {
            run.id: (x, [value * scale for value in y])
            for run in compared
            for x, y in [run.curve(name, against)]
        }
        title = name.replace("_", " ") + (", %" if scale == 100 else "")
        plots.append(line_plot(points, title, UNITS[against]))
    gain = tables_of.gain_of(compared)
    for cost in tables_of.COSTS:
        dots = {run.id: _dot(run, cost, gain) for run in compared}
        if len({point[0][0] for point in dots.values() if point[0]}) > 1:
            title = f"{RESULTS[gain].title}, %, against {RESULTS[cost].title}"
            plots.append(line_plot(dots, title, RESULTS[cost].title, scatter=True))
    return [plot for plot in plots if plot]


def _dot(run: ComparedRun, cost: str, gain: str) -> tuple[list[float], list[float]]:
    x, y = result_of(run.info.record, cost), result_of(run.info.record, gain)
    return ([], []) if x is None or y is None else ([x], [y * 100])
