"""``workbench show``: one run, as its record tells and as it stands now."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from workbench.cli.options import json_option, run_argument, runs_dir_option
from workbench.cli.text import print_json
from workbench.runs import library
from workbench.runs.folder import find_run
from workbench.runs.follow import why_ended
from workbench.runs.library import RunInfo, read_run
from workbench.text import changes_text, columns, count, duration, percent


@click.command(short_help="One run and what it came to.")
@run_argument
@runs_dir_option
@json_option
def command(run: str, runs_dir: Path, as_json: bool) -> None:
    """Show RUN: an id, a unique prefix of one, or a run directory."""
    info = read_run(find_run(run, runs_dir))
    if as_json:
        print_json(library.as_json(info))
    else:
        click.echo(columns(list(_rows(info))))


def _rows(run: RunInfo) -> Iterator[tuple[str, str]]:
    yield "run", run.id
    yield "status", run.standing.words
    if run.standing.status in ("failed", "crashed"):
        yield "why", why_ended(run)
    elif run.standing.reason and run.standing.words == run.standing.status:
        yield "why", run.standing.reason
    yield "folder", str(run.folder.path)
    if run.changes:
        yield "changed", changes_text(run.changes)
    for section in ("run", "result", "data", "environment"):
        table = run.record.get(section, {})
        for key, value in table.items():
            if (section, key) not in (("run", "id"), ("run", "status")):
                yield key.replace("_", " "), _value(key, value)


def _value(key: str, value: Any) -> str:
    if key.endswith("accuracy"):
        return percent(value)
    if key == "seconds":
        return duration(value)
    return count(value) if isinstance(value, int) and key != "pid" else str(value)
