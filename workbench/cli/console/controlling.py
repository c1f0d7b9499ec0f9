"""The commands ``stop`` and ``pause``: send a request to a worker and wait for the status."""

from pathlib import Path

import click

from workbench.cli.console.options import json_option, run_argument, runs_dir_option
from workbench.cli.console.output import print_json
from workbench.errors import RunError
from workbench.runs.history.follow import wait_until
from workbench.runs.live.control import Request, ask
from workbench.runs.store.folder import RunFolder, find_run

PATIENCE = 120.0  # seconds: a worker looks between steps, and saves before it ends


def asking_command(request: Request, wanted: str, *, short_help: str, help: str) -> click.Command:
    """The command that asks the worker of RUN for ``request`` until its status is ``wanted``."""

    @click.command(short_help=short_help, help=help)
    @run_argument
    @runs_dir_option
    @click.option("--wait/--no-wait", default=True, help="Wait until it is done, or only ask.")
    @json_option
    def command(run: str, runs_dir: Path, wait: bool, as_json: bool) -> None:
        ask_and_wait(find_run(run, runs_dir), request, wanted, wait=wait, as_json=as_json)

    return command


def ask_and_wait(
    folder: RunFolder, request: Request, wanted: str, *, wait: bool, as_json: bool
) -> None:
    """Ask the worker of a run for ``request`` and wait for the status ``wanted``.

    Raises :class:`RunError` where no worker lives, or where it ended in another way.
    """
    now = ask(folder, request)
    if wait:
        now = wait_until(folder, frozenset((wanted,)), PATIENCE)
        if now.name != wanted:
            raise RunError(f"run {folder.id} was asked to {request} and is {now.name}")
    if as_json:
        print_json({"id": folder.id, "asked": request, "status": now.name})
    else:
        state = f"is {now.name}" if wait else f"has been asked to {request}"
        click.echo(f"run {folder.id} {state}", err=True)
