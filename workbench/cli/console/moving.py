"""The commands ``delete`` and ``archive``, and the moving of runs that ``restore`` shares."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import click

from workbench.cli.console.options import json_option, runs_argument, runs_dir_option
from workbench.cli.console.output import print_json
from workbench.runs.library.trash import Location, move_to
from workbench.runs.store.folder import RunFolder, find_run

Move = Callable[[RunFolder], RunFolder]


def moving_command(location: Location, *, short_help: str, help: str) -> click.Command:
    """The command that moves each RUN to the trash or the archive."""

    @click.command(short_help=short_help, help=help)
    @runs_argument
    @runs_dir_option
    @json_option
    def command(runs: Sequence[str], runs_dir: Path, as_json: bool) -> None:
        folders = dict.fromkeys(find_run(run, runs_dir) for run in runs)
        words = f"is in the {location.name}"
        move_all(folders, lambda run: move_to(run, location), words, as_json=as_json)

    return command


def move_all(folders: Iterable[RunFolder], move: Move, words: str, *, as_json: bool) -> None:
    """Move each run and print where to; raises RunError at the first that cannot be moved."""
    moved = [(folder, move(folder)) for folder in folders]
    if as_json:
        print_json([{"id": one.id, "path": str(one.path)} for _, one in moved])
        return
    for before, after in moved:
        renamed = f" as {after.id}" if after.id != before.id else ""
        click.echo(f"run {before.id} {words}{renamed}", err=True)
