"""``workbench import``: a run of another program, to compare with."""

from pathlib import Path

import click

from workbench.cli.console.options import json_option, runs_dir_option
from workbench.cli.console.output import print_json
from workbench.exports.foreign import import_run


@click.command(name="import", short_help="A run of another program, to compare with.")
@click.argument("source", type=click.Path(path_type=Path), metavar="SOURCE")
@click.option("--name", metavar="NAME", help="The run's id; else one is made from SOURCE.")
@runs_dir_option
@json_option
def command(source: Path, name: str | None, runs_dir: Path, as_json: bool) -> None:
    """Bring in SOURCE: a folder with TensorBoard's event files, or a CSV file.

    A CSV file has a heading line and a column `step` or `epoch`.
    """
    folder = import_run(source, runs_dir, name)
    if as_json:
        print_json({"id": folder.id, "path": str(folder.path)})
    else:
        click.echo(folder.id)
