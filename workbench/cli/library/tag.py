"""``workbench tag``: tags, a star and a note of a run."""

from collections.abc import Sequence
from pathlib import Path

import click

from workbench.cli.console.options import change_option, json_option, run_argument, runs_dir_option
from workbench.cli.console.output import print_json
from workbench.formatting.text import NOTHING, columns, one_line
from workbench.runs.library.tags import annotate, read_notes
from workbench.runs.store.folder import find_run


@click.command(short_help="Tags, a star and a note of a run.")
@run_argument
@click.argument("tags", nargs=-1, metavar="[TAG]…")
@change_option("--add", metavar="TAG")
@change_option("--remove", metavar="TAG")
@click.option("--star/--no-star", default=None, help="Give the run a star, or take it away.")
@click.option("--note", metavar="TEXT", help="A note, in place of the one before.")
@runs_dir_option
@json_option
def command(
    run: str,
    tags: Sequence[str],
    add: Sequence[str],
    remove: Sequence[str],
    star: bool | None,
    note: str | None,
    runs_dir: Path,
    as_json: bool,
) -> None:
    """Add TAGs to RUN, or show what it has. `workbench runs tag:TAG star:yes` finds it again."""
    folder = find_run(run, runs_dir)
    tags = (*tags, *add)
    if tags or remove or star is not None or note is not None:
        notes = annotate(folder, add=tuple(tags), remove=tuple(remove), star=star, note=note)
    else:
        notes = read_notes(folder)
    if as_json:
        print_json({"id": folder.id, **vars(notes)})
        return
    rows = [
        ("run", folder.id),
        ("tags", ", ".join(notes.tags) or NOTHING),
        ("star", "★" if notes.star else NOTHING),
        ("note", one_line(notes.note) or NOTHING),
    ]
    click.echo(columns(rows))
