"""What ``stop`` and ``pause`` share: ask a worker, wait until it has done so, say it."""

from pathlib import Path

import click

from workbench.cli.console.output import print_json
from workbench.errors import RunError
from workbench.runs.history.follow import wait_until
from workbench.runs.live.control import Wish, ask
from workbench.runs.store.folder import find_run

PATIENCE = 120.0  # seconds: a worker looks between steps, and saves before it ends

wait_option = click.option(
    "--wait/--no-wait", default=True, help="Wait until it is done, or only ask for it."
)


def ask_and_wait(
    run: str, runs_dir: Path, wish: Wish, wanted: str, *, wait: bool, json_document: bool
) -> None:
    """Ask the worker of ``run`` for ``wish`` and wait for the status ``wanted``.

    Raises :class:`RunError` where no worker lives, or where it ended another
    way than asked.
    """
    folder = find_run(run, runs_dir)
    now = ask(folder, wish)
    if wait:
        now = wait_until(folder, frozenset((wanted,)), PATIENCE)
        if now.status != wanted:
            raise RunError(f"run {folder.id} was asked to {wish} and is {now.status}")
    if json_document:
        print_json({"id": folder.id, "asked": wish, "status": now.status})
    else:
        state = f"is {now.status}" if wait else f"has been asked to {wish}"
        click.echo(f"run {folder.id} {state}", err=True)
