"""``workbench roots``: runs directories on other disks, listed and searched with one's own."""

from collections.abc import Sequence
from pathlib import Path

import click

from workbench.cli.console.options import change_option, json_option, runs_dir_option
from workbench.cli.console.output import print_json
from workbench.formatting.text import columns
from workbench.runs.store.roots import add_root, other_roots, remove_root


@click.command(short_help="Runs directories on other disks.")
@change_option("--add", metavar="DIR", type=click.Path(path_type=Path))
@change_option("--remove", metavar="DIR", type=click.Path(path_type=Path))
@runs_dir_option
@json_option
def command(add: Sequence[Path], remove: Sequence[Path], runs_dir: Path, as_json: bool) -> None:
    """The runs directories whose runs are listed and found; new runs go to the first."""
    for folder in add:
        add_root(runs_dir, folder)
    for folder in remove:
        remove_root(runs_dir, folder)
    roots = [runs_dir, *other_roots(runs_dir)]
    if as_json:
        print_json([{"path": str(root), "exists": root.is_dir()} for root in roots])
    else:
        click.echo(columns([(str(r), "" if r.is_dir() else "not there now") for r in roots]))
