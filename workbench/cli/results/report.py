"""``workbench report``: runs or a sweep as a document to hand in."""

from collections.abc import Sequence
from pathlib import Path

import click

from workbench.cli.console.options import format_option, json_option, output_option, runs_dir_option
from workbench.cli.console.output import print_json
from workbench.comparison.compared_run import read_compared_runs
from workbench.reports.assemble import runs_report, sweep_report
from workbench.reports.blocks import Block
from workbench.reports.write import write_html, write_markdown
from workbench.runs.store.folder import find_run
from workbench.sweeps.folder import list_sweeps, stored_sweep
from workbench.sweeps.launch import begun_runs
from workbench.sweeps.results import result_table


@click.command(short_help="Runs or a sweep as a document.")
@click.argument("names", metavar="RUN…|SWEEP", nargs=-1, required=True)
@output_option
@format_option(["markdown", "html"])
@runs_dir_option
@json_option
def command(
    names: Sequence[str], output: Path | None, layout: str | None, runs_dir: Path, as_json: bool
) -> None:
    """Write a report of one RUN, of several side by side, or of a begun SWEEP.

    Markdown has its plots beside it as SVG files; HTML holds everything in one file.
    Without --format the output's name decides, and Markdown is what it is else.
    """
    blocks, name = _blocks(names, runs_dir)
    named_html = output is not None and output.suffix.lower() in (".html", ".htm")
    as_html = layout == "html" or (layout is None and named_html)
    target = output or Path(f"{name}.{'html' if as_html else 'md'}")
    files = (write_html if as_html else write_markdown)(blocks, target)
    if as_json:
        print_json({"files": [str(file) for file in files]})
    else:
        click.echo(files[0])


def _blocks(names: Sequence[str], runs_dir: Path) -> tuple[list[Block], str]:
    sweep = next((each for each in list_sweeps(runs_dir) if [each.name] == list(names)), None)
    if sweep is not None:
        config = stored_sweep(sweep)
        table = result_table(config, begun_runs(config, sweep), runs_dir)
        return sweep_report(sweep.name, config, table, runs_dir), sweep.name
    compared = read_compared_runs(find_run(name, runs_dir) for name in names)
    return runs_report(compared), compared[0].id if len(compared) == 1 else "report"
