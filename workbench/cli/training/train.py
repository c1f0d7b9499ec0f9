"""``workbench train``: train a preset without a screen."""

import click

from workbench.api import make
from workbench.api import start as start_run
from workbench.cli.console.options import Start, preset_argument, starting_options
from workbench.cli.console.output import print_made
from workbench.cli.console.watching import follow_or_leave
from workbench.config.presets import load_preset
from workbench.errors import RequestError


@click.command(short_help="Train a preset, watched or detached.")
@preset_argument
@click.option("--prepare", is_flag=True, help="Make the run's folder; start no worker.")
@starting_options(follows=True)
def command(preset: str, prepare: bool, start: Start) -> int:
    """Train PRESET, a name from `workbench presets` or a TOML file, and follow it.

    The run trains in a process of its own. Ctrl-C asks it to stop and waits for
    that; a second one leaves at once. A lost terminal leaves the run training.

    With --prepare a worker of your own trains it:
    `torchrun … -m workbench.training.worker RUN_DIR`.
    """
    if prepare:
        config = load_preset(preset, start.changes)
        if start.place:
            raise RequestError("--prepare and --place: give one of them")
        folder = make(config, start.runs_dir, start.data, start.name)
        print_made(folder.id, folder.path, as_json=start.as_json)
        return 0
    config = load_preset(preset, start.changes)
    folder = start_run(config, start.runs_dir, start.data, start.name, start.place)
    said = f"run {folder.id} in {folder.path}" if start.follow else ""
    return follow_or_leave(folder, start, said)
