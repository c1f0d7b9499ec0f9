"""``workbench show``: one run, as its record tells and as it stands now."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from workbench.cli.console.options import follow_option, json_option, run_argument, runs_dir_option
from workbench.cli.console.output import print_json
from workbench.cli.console.run_log import show_log
from workbench.errors import RequestError
from workbench.formatting.text import changes_text, columns, count, duration, percent
from workbench.runs.history import run_info
from workbench.runs.history.follow import why_ended
from workbench.runs.history.run_info import RunInfo, read_run
from workbench.runs.places.placed import place_now
from workbench.runs.store.folder import find_run


@click.command(short_help="One run and what it came to.")
@run_argument
@runs_dir_option
@click.option("--log", "log", is_flag=True, help="What happened, when, and how long it took.")
@follow_option
@json_option
def command(run: str, runs_dir: Path, log: bool, follow: bool, as_json: bool) -> None:
    """Show RUN: an id, a unique prefix of one, or a run directory.

    --log --follow goes on until the run has ended.
    """
    if follow and (not log or as_json):
        raise RequestError("--follow goes with --log, and not with --json")
    folder = find_run(run, runs_dir)
    if log:
        show_log(folder, follow=follow, as_json=as_json)
        return
    info = read_run(folder)
    if as_json:
        print_json(run_info.as_json(info))
    else:
        click.echo(columns(list(_rows(info))))


def _rows(run: RunInfo) -> Iterator[tuple[str, str]]:
    yield "run", run.id
    yield "status", run.status.words
    if run.status.name in ("failed", "crashed"):
        yield "why", why_ended(run)
    elif run.status.reason and (run.status.waits or run.status.words == run.status.name):
        yield "why", run.status.reason
    yield "folder", str(run.folder.path)
    if run.changes:
        yield "changed", changes_text(run.changes)
    for section in ("run", "place", "result", "data", "environment"):
        table = place_now(run.folder) if section == "place" else run.record.get(section, {})
        for key, value in table.items():
            if (section, key) not in (("run", "id"), ("run", "status")):
                yield key.replace("_", " "), _value(key, value)


def _value(key: str, value: Any) -> str:
    if key.endswith("accuracy"):
        return percent(value)
    if key == "seconds":
        return duration(value)
    return count(value) if isinstance(value, int) and key != "pid" else str(value)
