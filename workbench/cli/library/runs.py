"""``workbench runs``: the runs of a runs directory, filtered and sorted."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from workbench.cli.console.options import json_option, runs_dir_option, sort_option
from workbench.cli.console.output import print_json
from workbench.cli.console.waiting import Waiting
from workbench.formatting.text import NOTHING, columns, count, duration, one_line, percent
from workbench.runs.library.indexes import RunIndexes
from workbench.runs.library.query import NAMES, parse_query
from workbench.runs.library.row import RunRow
from workbench.runs.live.status import status_words
from workbench.runs.store.roots import root_names

HEADINGS = (
    *("RUN", "STATUS", "PRESET", "BEST VAL", "TEST", "PARAMETERS", "MACS", "TIME", "STARTED"),
    *("CHANGED", "TAGS"),
)
NUMBERS = (3, 4, 5, 6, 7)


@click.command(short_help="Every run, as it stands now.")
@click.argument("terms", nargs=-1, metavar="[FILTER]...")
@runs_dir_option
@sort_option(NAMES, default="started")
@click.option("--reverse", is_flag=True, help="The other way round.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most N of them.")
@json_option
def command(
    terms: Sequence[str],
    runs_dir: Path,
    sort: str,
    reverse: bool,
    limit: int | None,
    as_json: bool,
) -> None:
    """List the runs that fulfil every FILTER, each with its status as it is now.

    A bare word is looked for in id, preset and changes; name:text, name=value,
    name>value compare a column or a configuration key:

        workbench runs status:finished 'acc>0.9' optimizer.kind=adam resnet

    Times and numbers come with the largest first, names by the alphabet.
    """
    found = select(runs_dir, terms)
    rows = sort_rows(found, sort, reverse=reverse)[:limit]
    if as_json:
        print_json([_document(row) for row in rows])
    elif rows:
        click.echo(_table(rows))
    elif terms:
        click.echo(f"no run in {runs_dir} fits {' '.join(terms)}", err=True)
    else:
        click.echo(f"no runs in {runs_dir}; `workbench train quick/digits` makes one", err=True)


def select(runs_dir: Path, terms: Sequence[str]) -> list[RunRow]:
    """The rows that match every term, in no order; prints which roots are skipped."""
    with closing(RunIndexes(runs_dir)) as runs:
        with Waiting() as waiting:
            runs.refresh(lambda done, total: waiting("reading the runs", done, total))
        for root, why in runs.absent.items():
            click.echo(one_line(f"{root}: {why}; its runs are skipped"), err=True)
        return runs.select(parse_query(" ".join(terms), runs.keys()))


def sort_rows(rows: Sequence[RunRow], column: str, *, reverse: bool = False) -> list[RunRow]:
    """Sort by one column: numbers and times the largest first, names alphabetically.

    Runs without a value come last in both orders.
    """
    have = [row for row in rows if getattr(row, column) not in (None, "")]
    rest = [row for row in rows if getattr(row, column) in (None, "")]
    by_name = column != "started" and all(isinstance(getattr(row, column), str) for row in have)
    have.sort(key=lambda row: row.id)
    have.sort(key=lambda row: getattr(row, column), reverse=by_name == reverse)
    return have + sorted(rest, key=lambda row: row.id)


def _document(row: RunRow) -> dict[str, Any]:
    """A run with the record's keys, as far as the list has them."""
    return {
        "id": row.id,
        "status": row.status,
        "reason": row.reason,
        "path": str(row.folder.path),
        "run": {
            "id": row.id,
            "preset": row.preset,
            "status": row.status,
            "started": row.started,
            "seconds": row.time,
        },
        "result": {
            "best_val_accuracy": row.val,
            "best_epoch": row.best_epoch,
            "test_accuracy": row.test,
            "test_top3_accuracy": row.top3,
            "params": row.params,
            "macs": row.macs,
            "images_per_second": row.speed,
        },
        "epoch": row.epoch,
        "epochs": row.epochs,
        "progress": row.progress,
        "device": row.device,
        "changes": row.changes,
        "error": row.error,
        "tags": row.tags.split(),
        "star": bool(row.star),
        "note": row.note,
        "sweep": row.sweep,
    }


def _table(rows: Sequence[RunRow]) -> str:
    """One line a run; with its runs directory where there are several."""
    names = root_names([Path(root) for root in dict.fromkeys(row.root for row in rows)])
    table = [HEADINGS, *map(_row, rows)]
    if len(names) > 1:
        table = [
            (*line, name)
            for line, name in zip(table, ["ROOT", *(names[row.root] for row in rows)], strict=True)
        ]
    return columns(table, NUMBERS)


def _row(row: RunRow) -> tuple[str, ...]:
    return (
        row.id,
        status_words(row.status, row.reason),
        row.preset or NOTHING,
        percent(row.val),
        percent(row.test),
        count(row.params),
        count(row.macs),
        duration(row.time),
        row.started[:16].replace("T", " ") or NOTHING,
        row.changes,
        f"{'★ ' if row.star else ''}{row.tags}",
    )
