"""``workbench resume``: let a paused run go on, or continue one that ended early."""

from pathlib import Path

import click

from workbench.cli.options import json_option, run_argument, runs_dir_option
from workbench.cli.text import print_json
from workbench.cli.watching import watch
from workbench.runs.folder import find_run
from workbench.runs.launch import resume


@click.command(short_help="Let a run go on.")
@run_argument
@runs_dir_option
@click.option("--follow", is_flag=True, help="Watch it until it ends, as `train` does.")
@json_option
def command(run: str, runs_dir: Path, follow: bool, as_json: bool) -> int:
    """Let a paused RUN go on; continue a stopped or crashed one from its last checkpoint."""
    folder = find_run(run, runs_dir)
    done = resume(folder)
    said = "goes on" if done == "resumed" else "has a new worker, which goes on from its checkpoint"
    click.echo(f"run {folder.id} {said}", err=True)
    if follow:
        return watch(folder, json_document=as_json)
    if as_json:
        print_json({"id": folder.id, "done": done})
    return 0
