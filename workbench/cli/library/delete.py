"""``workbench delete``: runs into the trash, from where they can be restored."""

from collections.abc import Sequence
from pathlib import Path

import click

from workbench.cli.console.moving import move_aside
from workbench.cli.console.options import json_option, runs_dir_option
from workbench.runs.library.trash import TRASH
from workbench.runs.store.folder import find_run


@click.command(short_help="Move runs to the trash.")
@click.argument("runs", metavar="RUN…", nargs=-1, required=True)
@runs_dir_option
@json_option
def command(runs: Sequence[str], runs_dir: Path, as_json: bool) -> None:
    """Move each RUN to the trash, .trash in its runs directory; `workbench restore` undoes it."""
    folders = list(dict.fromkeys(find_run(run, runs_dir) for run in runs))
    move_aside(folders, TRASH, as_json=as_json)
