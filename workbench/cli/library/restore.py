"""``workbench restore``: runs out of the trash or the archive."""

import os
from collections.abc import Sequence
from pathlib import Path

import click

from workbench.cli.console.moving import move_all
from workbench.cli.console.options import json_option, runs_dir_option
from workbench.cli.console.output import print_json
from workbench.errors import RequestError
from workbench.formatting.text import columns
from workbench.runs.library.trash import LOCATIONS, list_moved, location_of, restore
from workbench.runs.store.folder import RunFolder, find_run
from workbench.runs.store.roots import all_roots


@click.command(short_help="Bring runs back from the trash or the archive.")
@click.argument("runs", metavar="[RUN]…", nargs=-1)
@runs_dir_option
@json_option
def command(runs: Sequence[str], runs_dir: Path, as_json: bool) -> None:
    """Bring each RUN back; without one, list what lies in the trash and the archive."""
    moved = [
        folder
        for root in all_roots(runs_dir)
        for location in LOCATIONS
        for folder in list_moved(root, location)
    ]
    if not runs:
        _list(moved, as_json)
        return
    chosen = list(dict.fromkeys(_find(run, moved) for run in runs))
    move_all(chosen, restore, "is back", as_json=as_json)


def _find(run: str, moved: Sequence[RunFolder]) -> RunFolder:
    if os.sep in run:
        folder = find_run(run, Path())
        if location_of(folder) is None:
            raise RequestError(f"{run}: lies neither in the trash nor in the archive")
        return folder
    found = [folder for folder in moved if folder.id == run]
    found = found or [folder for folder in moved if folder.id.startswith(run)]
    if len(found) == 1:
        return found[0]
    words = ", ".join(str(folder.path) for folder in found[:5])
    raise RequestError(
        f"run {run!r} could be {words}; write more of it"
        if found
        else f"no run {run!r} in the trash or the archive; `workbench restore` lists them"
    )


def _list(moved: Sequence[RunFolder], as_json: bool) -> None:
    rows = [
        (folder.id, location.name, str(folder.path))
        for folder in moved
        if (location := location_of(folder))
    ]
    if as_json:
        print_json([{"id": run, "in": location, "path": path} for run, location, path in rows])
    elif rows:
        click.echo(columns([("RUN", "IN", "FOLDER"), *rows]))
    else:
        click.echo("the trash and the archive are empty", err=True)
