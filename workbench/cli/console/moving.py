"""What ``delete``, ``restore`` and ``archive`` share: move runs, and say where they went."""

from collections.abc import Callable, Iterable

import click

from workbench.cli.console.output import print_json
from workbench.runs.library.trash import Place, put_aside
from workbench.runs.store.folder import RunFolder

Move = Callable[[RunFolder], RunFolder]


def move_aside(folders: Iterable[RunFolder], place: Place, *, as_json: bool) -> None:
    """Put each run aside; as :func:`move_all`."""
    words = f"is in the {place.name}"
    move_all(folders, lambda run: put_aside(run, place), words, as_json=as_json)


def move_all(folders: Iterable[RunFolder], move: Move, words: str, *, as_json: bool) -> None:
    """Move each run; the first that cannot be moved ends it, with the ones before it moved."""
    moved = [(folder, move(folder)) for folder in folders]
    if as_json:
        print_json([{"id": one.id, "path": str(one.path)} for _, one in moved])
        return
    for before, after in moved:
        renamed = f" as {after.id}" if after.id != before.id else ""
        click.echo(f"run {before.id} {words}{renamed}", err=True)
