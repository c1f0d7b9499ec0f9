"""``workbench train``: train a preset without a screen."""

from collections.abc import Sequence
from pathlib import Path

import click

from workbench.api import start
from workbench.cli.console.options import (
    data_option,
    json_option,
    preset_argument,
    read_assignments,
    runs_dir_option,
    set_option,
)
from workbench.cli.console.output import print_json
from workbench.cli.console.watching import watch
from workbench.config.presets import load_preset


@click.command(short_help="Train a preset, watched or detached.")
@preset_argument
@set_option
@data_option
@runs_dir_option
@click.option("--name", metavar="NAME", help="The run's id; else one is made from the preset.")
@click.option("--device", metavar="auto|cpu|cuda[:N]", help="Where to train.")
@click.option("--detach", is_flag=True, help="Print the run's id at once and leave it training.")
@json_option
def command(
    preset: str,
    assignments: Sequence[str],
    data: Path | None,
    runs_dir: Path,
    name: str | None,
    device: str | None,
    detach: bool,
    as_json: bool,
) -> int:
    """Train PRESET, a name from `workbench presets` or a TOML file.

    The run trains in a process of its own. Ctrl-C asks it to stop and waits for
    that; a second one leaves at once. A lost terminal leaves the run training.
    """
    changes = read_assignments(assignments)
    if device is not None:
        changes["train.device"] = device
    folder = start(load_preset(preset, changes), runs_dir, data, name)
    if not detach:
        click.echo(f"run {folder.id} in {folder.path}", err=True)
        return watch(folder, json_document=as_json)
    if as_json:
        print_json({"id": folder.id, "path": str(folder.path)})
    else:
        click.echo(folder.id)
    return 0
