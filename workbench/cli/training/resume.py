"""``workbench resume``: let a paused run go on, or continue one that ended early."""

from typing import Any

import click

from workbench.cli.console.options import Start, run_argument, starting_options
from workbench.cli.console.watching import follow_or_leave
from workbench.config import change_config
from workbench.errors import RequestError
from workbench.runs.live.launch import resume, start_new
from workbench.runs.live.lineage import make_child
from workbench.runs.live.status import read_status
from workbench.runs.store.folder import RunFolder, find_run
from workbench.system.gpus import check_devices


@click.command(short_help="Let a run go on.")
@run_argument
@click.option(
    "--devices",
    type=click.IntRange(1, 4096),
    metavar="N",
    help="Go on with this many processes; to the bit only where the run has train.parts.",
)
@starting_options(follows=False)
def command(run: str, devices: int | None, start: Start) -> int:
    """Let a paused RUN go on; continue a stopped or crashed one from its last checkpoint.

    It returns at once; --follow stays until the end, as `train` does.

    With --set (more epochs, another learning rate, …), or with another --device
    or --data than RUN has, RUN stays as it is and a new run, its child, goes on
    from its checkpoint; a finished RUN can have one too.
    """
    folder = find_run(run, start.runs_dir)
    changes = _changes(folder, start)
    if devices:
        _check_devices(folder, devices, start)
        if changes:
            raise RequestError("--devices: a child has --set train.devices=N")
    if changes:
        folder = make_child(folder, changes, start.runs_dir, start.name, here=start.place is None)
        start_new(folder, start.place)
        done, said = "child", f"goes on from the checkpoint of {run}"
    elif start.name is not None:
        raise RequestError("--name: a run that goes on keeps its id; --set makes a new one")
    else:
        done = resume(folder, devices or 0, start.place)
        restarted = "has a new worker, which goes on from its checkpoint"
        said = "goes on" if done == "resumed" else restarted
    return follow_or_leave(folder, start, f"run {folder.id} {said}", done=done)


def _check_devices(folder: RunFolder, devices: int, start: Start) -> None:
    """Refuse a number of processes that the run's batch cannot be divided among."""
    changed = change_config(folder.read_config(), {"train.devices": devices})
    if start.place is None:
        check_devices(changed.train)
    if read_status(folder).is_live:
        raise RequestError(f"--devices: run {folder.id} is live; stop it first")


def _changes(folder: RunFolder, start: Start) -> dict[str, Any]:
    """The changes that make a child: all of --set, and device and data if they differ."""
    asked: dict[str, Any] = {}
    if start.device:
        asked["train.device"] = start.device
    if start.data:
        asked["data.root"] = str(start.data.expanduser().absolute())
    if not asked:
        return start.settings
    config = folder.read_config()
    if not config.data.root:  # its data needs no folder
        asked.pop("data.root", None)
    has = {"train.device": config.train.device, "data.root": config.data.root}
    return {**start.settings, **{key: new for key, new in asked.items() if new != has[key]}}
