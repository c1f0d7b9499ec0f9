"""``workbench stop``: end a live run after its step, with a checkpoint."""

from pathlib import Path

import click

from workbench.cli.console.controlling import ask_and_wait, wait_option
from workbench.cli.console.options import json_option, run_argument, runs_dir_option


@click.command(short_help="End a live run, to be resumed later.")
@run_argument
@runs_dir_option
@wait_option
@json_option
def command(run: str, runs_dir: Path, wait: bool, as_json: bool) -> None:
    """End RUN after the step that it is at, with a checkpoint to resume from."""
    ask_and_wait(run, runs_dir, "stop", "stopped", wait=wait, json_document=as_json)
