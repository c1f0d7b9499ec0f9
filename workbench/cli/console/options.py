"""The options that several commands share, and how their values are read."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from workbench.runs.store.folder import runs_root


def _runs_dir(ctx: click.Context, _param: click.Parameter, value: Path | None) -> Path:
    return runs_root(value or ctx.find_root().params.get("runs_dir"))


def _data(ctx: click.Context, _param: click.Parameter, value: Path | None) -> Path | None:
    chosen: Path | None = value or ctx.find_root().params.get("data")
    return chosen


# Both may stand before the command as well: `workbench --runs-dir DIR runs`.
runs_dir_option = click.option(
    "--runs-dir",
    type=click.Path(path_type=Path),
    callback=_runs_dir,
    metavar="DIR",
    help="Where runs are kept; else $WORKBENCH_RUNS, else the user's data folder.",
)
data_option = click.option(
    "--data",
    type=click.Path(path_type=Path),
    callback=_data,
    metavar="DIR",
    help="Where data sets are; else $WORKBENCH_DATA, else the user's cache folder.",
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print exactly one JSON document to stdout."
)
set_option = click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change a key of the preset, as in optimizer.lr=0.05; may be repeated.",
)
preset_argument = click.argument("preset", metavar="PRESET")
run_argument = click.argument("run", metavar="RUN")


def read_assignments(assignments: Sequence[str]) -> dict[str, Any]:
    """Read every ``--set KEY=VALUE``; of a key that is set twice, the last one counts."""
    from workbench.config import parse_assignment  # pydantic comes with it: not for --help

    return dict(parse_assignment(text) for text in assignments)


Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]
