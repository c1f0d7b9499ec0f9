"""``workbench import``: a run of another program, to compare with."""

from pathlib import Path

import click

from workbench.cli.options import json_option, name_option, runs_dir_option
from workbench.cli.text import print_made
from workbench.exports.foreign import import_run


@click.command(name="import", short_help="A run of another program, to compare with.")
@click.argument("source", type=click.Path(path_type=Path), metavar="SOURCE")
@name_option
@runs_dir_option
@json_option
def command(source: Path, name: str | None, runs_dir: Path, as_json: bool) -> None:
    """Bring in SOURCE: a folder with TensorBoard's event files, or a CSV file.

    A CSV file has a heading line and a column `step` or `epoch`.
    """
    folder = import_run(source, runs_dir, name)
    print_made(folder.id, folder.path, as_json=as_json)
