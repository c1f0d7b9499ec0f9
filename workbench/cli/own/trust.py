"""``workbench trust``: folders whose Python modules presets may name."""

from pathlib import Path

import click

from workbench.cli.console.options import json_option
from workbench.cli.console.output import print_json
from workbench.errors import RequestError
from workbench.formatting.text import one_line
from workbench.system.trusted import trust, trusted_folders


@click.command(short_help="Let presets name modules of a folder.")
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.option("--list", "listing", is_flag=True, help="The folders that are trusted.")
@json_option
def command(folder: Path | None, listing: bool, as_json: bool) -> None:
    """Trust DIR: presets may name Python modules there, and training imports them.

    That runs their code, as you. Opening a preset, a record or a run folder never
    imports anything; training does, from trusted folders and installed packages only.
    """
    if (folder is None) != listing:
        raise RequestError("trust: give a DIR, or --list")
    added = trust(folder) if folder is not None else None
    if as_json:
        print_json([str(known) for known in trusted_folders()])
    elif added is not None:
        click.echo(f"{one_line(str(added))} is trusted", err=True)
    else:
        for known in trusted_folders():
            click.echo(one_line(str(known)))
