"""``workbench diagnose``: what is wrong or slow with a run."""

from pathlib import Path

import click

from workbench.cli.console.options import json_option, run_argument, runs_dir_option
from workbench.cli.console.output import print_json
from workbench.diagnosis.diagnose import accuracies, diagnose, read_case
from workbench.formatting.text import percent
from workbench.runs.store.folder import find_run

SIGNS = {"problem": "✗", "warning": "!", "note": "·"}


@click.command(short_help="What is wrong or slow with a run.")
@run_argument
@runs_dir_option
@json_option
def command(run: str, runs_dir: Path, as_json: bool) -> None:
    """Say what is wrong or slow with RUN, live or ended.

    Each finding has its evidence and the keys to change. Accuracies have their
    95 % interval (Wilson).
    """
    folder = find_run(run, runs_dir)
    case = read_case(folder)
    findings, known = diagnose(case), accuracies(case)
    if as_json:
        rows = [finding.as_json() for finding in findings]
        print_json({"run": folder.id, "findings": rows, "accuracy": known})
        return
    if not case.rows and not findings:
        click.echo(f"run {folder.id} has no epoch yet: nothing can be said of it")
        return
    for finding in findings:
        since = f" (since epoch {finding.since_epoch})" if finding.since_epoch else ""
        click.echo(f"{SIGNS[finding.severity]} {finding.title}{since}")
        click.echo(f"    {finding.evidence}")
        keys = f"  [{', '.join(finding.keys)}]" if finding.keys else ""
        click.echo(f"    → {finding.advice}{keys}")
    if not findings:
        click.echo("nothing is wrong that its events would tell")
    for split, each in known.items():
        click.echo(
            f"{split} {percent(each['accuracy'])} of {each['images']:,} images: "
            f"{percent(each['low'])} to {percent(each['high'])} (95 %)"
        )
