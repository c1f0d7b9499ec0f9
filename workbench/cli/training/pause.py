"""``workbench pause``: hold a live run after its step."""

from pathlib import Path

import click

from workbench.cli.console.controlling import ask_and_wait, wait_option
from workbench.cli.console.options import json_option, run_argument, runs_dir_option


@click.command(short_help="Hold a live run.")
@run_argument
@runs_dir_option
@wait_option
@json_option
def command(run: str, runs_dir: Path, wait: bool, as_json: bool) -> None:
    """Hold RUN after the step that it is at; `workbench resume` lets it go on."""
    ask_and_wait(run, runs_dir, "pause", "paused", wait=wait, json_document=as_json)
