"""``workbench presets``: list the presets."""

import click

from workbench.cli.console.options import json_option
from workbench.cli.console.output import print_json
from workbench.config.presets import list_presets
from workbench.formatting.text import columns


@click.command(short_help="What there is to train.")
@json_option
def command(as_json: bool) -> None:
    """List the presets, your own among them."""
    presets = list_presets()
    if as_json:
        keys = ("name", "title", "family", "task", "dataset", "path", "own")
        print_json([{key: getattr(preset, key) for key in keys} for preset in presets])
        return
    rows = [("PRESET", "DATA SET", "WHAT IT IS")]
    rows += [(preset.name, preset.dataset, preset.title) for preset in presets]
    click.echo(columns(rows))
