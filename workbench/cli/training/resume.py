"""``workbench resume``: let a paused run go on, or continue one that ended early."""

from collections.abc import Sequence
from pathlib import Path

import click

from workbench.cli.console.options import (
    json_option,
    read_assignments,
    run_argument,
    runs_dir_option,
    set_option,
)
from workbench.cli.console.output import print_json
from workbench.cli.console.watching import watch
from workbench.runs.live.launch import resume, start_worker
from workbench.runs.live.lineage import make_child
from workbench.runs.store.folder import find_run


@click.command(short_help="Let a run go on.")
@run_argument
@set_option
@runs_dir_option
@click.option("--follow", is_flag=True, help="Watch it until it ends, as `train` does.")
@json_option
def command(
    run: str, assignments: Sequence[str], runs_dir: Path, follow: bool, as_json: bool
) -> int:
    """Let a paused RUN go on; continue a stopped or crashed one from its last checkpoint.

    With --set (more epochs, another learning rate, …) RUN stays as it is and a
    new run, its child, goes on from its checkpoint; a finished RUN can have one too.
    """
    folder = find_run(run, runs_dir)
    if assignments:
        folder = make_child(folder, read_assignments(assignments), runs_dir)
        start_worker(folder)
        done, said = "child", f"goes on from the checkpoint of {run}"
    else:
        done = resume(folder)
        restarted = "has a new worker, which goes on from its checkpoint"
        said = "goes on" if done == "resumed" else restarted
    click.echo(f"run {folder.id} {said}", err=True)
    if follow:
        return watch(folder, json_document=as_json)
    if as_json:
        print_json({"id": folder.id, "done": done})
    return 0
