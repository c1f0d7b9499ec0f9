"""``workbench roots``: runs directories on other disks, listed and searched with one's own."""

from pathlib import Path

import click

from workbench.cli.console.options import json_option, runs_dir_option
from workbench.cli.console.output import print_json
from workbench.formatting.text import columns
from workbench.runs.store.roots import add_root, other_roots, remove_root


@click.command(short_help="Runs directories on other disks.")
@click.option("--add", type=click.Path(path_type=Path), metavar="DIR", help="Add one.")
@click.option("--remove", type=click.Path(path_type=Path), metavar="DIR", help="Take one out.")
@runs_dir_option
@json_option
def command(add: Path | None, remove: Path | None, runs_dir: Path, as_json: bool) -> None:
    """The runs directories whose runs are listed and found; new runs go to the first."""
    if add is not None:
        add_root(runs_dir, add)
    if remove is not None:
        remove_root(runs_dir, remove)
    roots = [runs_dir, *other_roots(runs_dir)]
    if as_json:
        print_json([{"path": str(root), "exists": root.is_dir()} for root in roots])
    else:
        click.echo(columns([(str(r), "" if r.is_dir() else "not there now") for r in roots]))
