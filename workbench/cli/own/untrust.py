"""``workbench untrust``: a folder whose modules presets may name no longer."""

from pathlib import Path

import click

from workbench.cli.console.options import json_option
from workbench.cli.console.output import print_json
from workbench.formatting.text import one_line
from workbench.system.trusted import trusted_folders, untrust


@click.command(short_help="Trust a folder no longer.")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@json_option
def command(folder: Path, as_json: bool) -> None:
    """Trust DIR no longer: nothing is imported from there any more."""
    removed = untrust(folder)
    if as_json:
        print_json([str(known) for known in trusted_folders()])
    else:
        click.echo(f"{one_line(str(removed))} is not trusted any more", err=True)
