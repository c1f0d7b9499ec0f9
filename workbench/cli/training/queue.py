"""``workbench queue``: the runs that wait to train, and who is next."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from workbench.cli.console.options import json_option, runs_dir_option
from workbench.cli.console.output import print_json
from workbench.errors import RequestError
from workbench.formatting.text import NOTHING, columns, ordinal
from workbench.runs.live import line
from workbench.runs.live.slots import queue_for
from workbench.runs.store.folder import RunFolder, find_run
from workbench.system.gpus import how_many


@click.command(short_help="The runs that wait to train, and who is next.")
@click.option("--front", metavar="RUN", help="Let this run train next on its device.")
@runs_dir_option
@json_option
def command(front: str | None, runs_dir: Path, as_json: bool) -> None:
    """List the runs that wait on this machine: first come, first served on each device."""
    if front is not None:
        folder = find_run(front, runs_dir)
        line.move_to_front(folder.path)
        click.echo(f"run {folder.id} trains next", err=True)
    waiting = list(_waiting())
    if as_json:
        print_json(waiting)
    elif waiting:
        rows = [("PLACE", "RUN", "DEVICE", "WAITS FOR")]
        rows += [(ordinal(w["place"]), w["id"], w["device"], w["waits_for"]) for w in waiting]
        click.echo(columns(rows))
    elif front is None:
        click.echo("no run waits to train", err=True)


def _waiting() -> Iterator[dict[str, Any]]:
    places: dict[str, int] = {}
    for ticket in line.living():
        place = places[ticket.device] = places.get(ticket.device, 0) + 1
        path = ticket.folder
        if path is None:  # it begins to train this very moment
            continue
        yield {
            "id": path.name,
            "path": str(path),
            "device": ticket.device,
            "place": place,
            "waits_for": _wanted(RunFolder(path)),
        }


def _wanted(folder: RunFolder) -> str:
    try:
        train = folder.read_config().train
        return queue_for(train.device, train.threads, how_many(train)).wanted
    except RequestError:
        return NOTHING
