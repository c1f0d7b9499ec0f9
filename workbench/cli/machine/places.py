"""``workbench places``: where runs may go, and whether a place works."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from workbench.cli.console.options import json_option, runs_dir_option
from workbench.cli.console.output import print_json
from workbench.cli.console.waiting import Waiting
from workbench.errors import RequestError
from workbench.formatting.text import NOTHING, columns
from workbench.runs.live.place_check import check_place
from workbench.runs.places.config import LOCAL, Place, find_place, places_file, read_places


@click.command(short_help="Where runs may go, and whether a place works.")
@click.argument("name", required=False, metavar="[NAME]")
@click.option("--check", is_flag=True, help="Try the place with a job that does nothing.")
@click.option(
    "--patience",
    type=click.FloatRange(min=1),
    default=600,
    show_default=True,
    metavar="SECONDS",
    help="How long the job of --check may take.",
)
@runs_dir_option
@json_option
def command(name: str | None, check: bool, patience: float, runs_dir: Path, as_json: bool) -> int:
    """List the places of places.toml, or one, with what a job asks for there.

    With --check: does the node see the runs folder, its Python, torch and its
    GPUs? Status 1 where something is missing.
    """
    if check:
        if name is None:
            raise RequestError("--check: name the place that is to be tried")
        place = find_place(name)
        if place is None:
            raise RequestError("--check: local is this machine; `workbench doctor` looks at it")
        return _check(place, runs_dir, patience, as_json)
    chosen = list(read_places().values()) if name is None else [find_place(name)]
    rows = [_document(place) for place in chosen]
    if name is None:
        rows.insert(0, _document(None))
    if as_json:
        print_json(rows[0] if name else rows)
    else:
        table = [("PLACE", "KIND", "ASKS FOR")]
        click.echo(columns([*table, *((r["name"], r["kind"], _asked(r)) for r in rows)]))
        if name is None:
            click.echo(f"defined in {places_file()}", err=True)
    return 0


def _document(place: Place | None) -> dict[str, Any]:
    if place is None:
        return {"name": LOCAL, "kind": LOCAL}
    return {"name": place.name, **place.section.model_dump()}


def _asked(row: dict[str, Any]) -> str:
    """What is asked for, without what is empty or goes without saying."""
    own = {key: value for key, value in row.items() if key not in ("name", "kind", "setup")}
    said = [f"{key} {value}" for key, value in own.items() if value and value is not True]
    return ", ".join(said) or NOTHING


def _check(place: Place, runs_dir: Path, patience: float, as_json: bool) -> int:
    with Waiting() as progress:
        verdict = check_place(place, runs_dir, patience, progress)
    if as_json:
        found = [asdict(finding) for finding in verdict.findings]
        about = {"name": place.name, "job": verdict.job, "node": verdict.node}
        print_json({**about, "ok": verdict.ok, "checks": found})
    else:
        signs = {True: "ok", False: "missing"}
        click.echo(f"job {verdict.job} on {verdict.node or 'no node'}", err=True)
        click.echo(columns([(f.name, signs[f.ok], f.found) for f in verdict.findings]))
    return 0 if verdict.ok else 1
