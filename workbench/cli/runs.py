"""``workbench runs``: every run of a runs directory."""

from pathlib import Path

import click

from workbench.cli.options import json_option, runs_dir_option
from workbench.cli.text import print_json
from workbench.runs import library
from workbench.runs.library import RunInfo, list_runs
from workbench.text import changes_text, columns, count, duration, percent

HEADINGS = (
    *("RUN", "STATUS", "PRESET", "BEST VAL", "TEST", "PARAMETERS", "MACS", "TIME", "STARTED"),
    "CHANGED",
)
NUMBERS = (3, 4, 5, 6, 7)


@click.command(short_help="Every run, as it stands now.")
@runs_dir_option
@json_option
def command(runs_dir: Path, as_json: bool) -> None:
    """List the runs, the newest first, each with its status as it is now."""
    runs = list_runs(runs_dir)
    if as_json:
        print_json([_document(run) for run in runs])
    elif runs:
        click.echo(columns([HEADINGS, *(_row(run) for run in runs)], NUMBERS))
    else:
        click.echo(f"no runs in {runs_dir}; `workbench train quick/digits` makes one", err=True)


def _document(run: RunInfo) -> dict[str, object]:
    """What ``show --json`` says of a run, without the whole configuration."""
    return {key: value for key, value in library.as_json(run).items() if key != "config"}


def _row(run: RunInfo) -> tuple[str, ...]:
    preset = run.config.about.preset if run.config else run.value("run", "preset")
    return (
        run.id,
        run.standing.status,
        str(preset or "?"),
        percent(run.value("result", "best_val_accuracy")),
        percent(run.value("result", "test_accuracy")),
        count(run.value("result", "params")),
        count(run.value("result", "macs")),
        duration(run.value("run", "seconds")),
        str(run.value("run", "started") or "–")[:16].replace("T", " "),
        changes_text(run.changes),
    )
