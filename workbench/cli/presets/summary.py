"""``workbench summary``: what a network costs, layer by layer, before it trains."""

import re
from collections.abc import Sequence

import click

from workbench.cli.console.options import (
    format_option,
    json_option,
    preset_argument,
    read_assignments,
    set_option,
    sort_option,
)
from workbench.cli.console.output import print_json
from workbench.config.presets import load_preset
from workbench.errors import RequestError
from workbench.formatting import layer_table

Shape = tuple[int, int, int]
FORMATS = {
    "table": layer_table.to_text,
    "csv": layer_table.to_csv,
    "markdown": layer_table.to_markdown,
}


@click.command(short_help="The layer table of a network.")
@preset_argument
@set_option
@click.option("--input", "input_text", metavar="CxHxW", help="Another input, such as 3x224x224.")
@click.option(
    "--budget",
    type=click.IntRange(min=1),
    metavar="N",
    help="A limit of parameters; status 1 where the network exceeds it.",
)
@format_option(list(FORMATS), default="table")
@sort_option(layer_table.SORT_KEYS, default="order")
@json_option
def command(
    preset: str,
    assignments: Sequence[str],
    input_text: str | None,
    budget: int | None,
    layout: str,
    sort: layer_table.SortKey,
    as_json: bool,
) -> int:
    """The layer table of PRESET: shapes, parameters, MACs. Needs no data and trains nothing.

    Sorted, a table keeps its groups: stages are sorted by their sums, the blocks of each
    by theirs, and the layers within a block. The rows of CSV and JSON have no groups and
    are sorted as one list.
    """
    config = load_preset(preset, read_assignments(assignments))
    shape = read_shape(input_text) if input_text is not None else None
    from workbench.analysis import summarize

    document = summarize(config, budget, shape)
    if as_json:
        print_json({**document, "layers": layer_table.sort_layers(document["layers"], sort)})
    else:
        click.echo(FORMATS[layout](document, sort), nl=False)
    return 0 if budget is None or document["budget"]["within"] else 1


def read_shape(text: str) -> Shape:
    """``3x224x224`` → (3, 224, 224): channels, height, width."""
    found = re.fullmatch(r"(\d{1,5})[x×](\d{1,5})[x×](\d{1,5})", text.strip().lower())
    if not found or not all(map(int, found.groups())):
        raise RequestError(f"--input {text!r}: must be CxHxW, such as 3x224x224")
    channels, height, width = map(int, found.groups())
    return channels, height, width
