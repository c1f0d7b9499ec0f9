"""``workbench lr-find``: which learning rate to begin with, by a range test."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from workbench.cli.console.options import (
    data_option,
    device_option,
    json_option,
    preset_argument,
    read_assignments,
    set_option,
)
from workbench.cli.console.output import print_json
from workbench.cli.console.plotting import line_plot
from workbench.cli.console.waiting import Waiting
from workbench.config.lr_range import Span, verdict
from workbench.config.presets import load_preset
from workbench.runs.live.network_check import check_network
from workbench.system.gpus import check_device

DEFAULT = Span()


@click.command(name="lr-find", short_help="Which learning rate to begin with.")
@preset_argument
@click.option(
    "--low", type=float, default=DEFAULT.low, show_default=True, help="The first rate tried."
)
@click.option(
    "--high", type=float, default=DEFAULT.high, show_default=True, help="The last rate tried."
)
@click.option(
    "--steps", type=int, default=DEFAULT.steps, show_default=True, help="How many are tried."
)
@set_option
@device_option
@data_option
@json_option
def command(
    preset: str,
    low: float,
    high: float,
    steps: int,
    assignments: Sequence[str],
    device: str | None,
    data: Path | None,
    as_json: bool,
) -> int:
    """Train PRESET's network one step at each of a range of learning rates, and say which is good.

    A throw-away copy trains, from the lowest rate to the highest, until its loss diverges; no
    run is made. Leaves with status 1 where the loss never fell.
    """
    span = Span(low, high, steps)
    changes = read_assignments(assignments) | ({"train.device": device} if device else {})
    from workbench.config.split_check import (
        resolve_to_train,  # brings numpy, which --help does not need
    )

    config = resolve_to_train(load_preset(preset, changes), data)
    check_device(config.train.device)
    check_network(config)
    with Waiting() as progress:
        progress("loading torch")
        from workbench.training.lr_find import find_lr

        document = find_lr(config, span, progress)
    if as_json:
        print_json(document)
    else:
        _print(document)
    return 0 if document["suggestion"] else 1


def _print(document: dict[str, Any]) -> None:
    rates = [float(f"{point['lr']:.2g}") for point in document["points"]]  # they label the axis
    curves = {
        name: (rates, [point[key] for point in document["points"]])
        for name, key in (("loss", "loss"), ("smoothed", "smoothed"))
    }
    title = f"loss of {document['preset'] or 'this network'} with {document['optimizer']}"
    click.echo(line_plot(curves, title, "learning rate", log_x=True))
    click.echo(verdict(document))
