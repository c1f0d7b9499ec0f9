"""``workbench data``: what a preset's data set holds, and which files could not be read."""

import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from workbench.catalog.samples import DatasetInfo
from workbench.cli.console.options import (
    data_option,
    json_option,
    preset_argument,
    read_assignments,
    set_option,
)
from workbench.cli.console.output import print_json
from workbench.config.presets import load_preset
from workbench.formatting.text import one_line

EVERY = 2.0  # seconds between two lines about the same wait


@click.command(short_help="Show a data set: classes, counts, statistics, broken files.")
@preset_argument
@set_option
@data_option
@json_option
def command(preset: str, assignments: Sequence[str], data: Path | None, as_json: bool) -> None:
    """Read the data that PRESET would train on, and say what is in it.

    Downloads and decodes what has not been yet, as training would; trains nothing.
    Leaves with status 2 where training would be refused for what a split lacks.
    """
    from workbench.config.fitting import resolve
    from workbench.config.split_check import check_splits

    config = resolve(load_preset(preset, read_assignments(assignments)), data)
    # torch, once the request is known to be right
    from workbench.data import load_data, what_is_missing
    from workbench.data.preview import dataset_info

    loaded = load_data(config, Narrator())
    found = dataset_info(loaded)
    if as_json:
        print_json(asdict(found))
    else:
        click.echo(as_text(found))
    check_splits(config)
    for lack in what_is_missing(config, loaded):
        click.echo(one_line(f"note: {lack}"), err=True)


class Narrator:
    """Prints progress to stderr: each new message, and its counts every few seconds."""

    def __init__(self) -> None:
        self._message, self._said = "", 0.0

    def __call__(self, message: str, done: int, total: int) -> None:
        """A :class:`workbench.data.Progress`."""
        if message == self._message and time.monotonic() - self._said < EVERY:
            return
        self._message, self._said = message, time.monotonic()
        click.echo(f"{message} {done:,}/{total:,}" if total else message, err=True)


def as_text(found: DatasetInfo) -> str:
    """The facts as text; every skipped file has its line."""
    channels, height, width = found.shape
    totals = " + ".join(f"{found.total(split):,}" for split in found.counts)
    lines = [
        f"{found.name}: {totals} images ({', '.join(found.counts)}) of "
        f"{channels}×{height}×{width}, {len(found.classes)} classes",
        f"mean {_numbers(found.mean)}, std {_numbers(found.std)} (training images)",
        f"hash {found.content_hash}",
        "",
    ]
    names = [one_line(name) for name in found.classes]
    wide = max(map(len, names))
    lines.append(f"{'class':<{wide}}" + "".join(f"  {split:>10}" for split in found.counts))
    for label, name in enumerate(names):
        counts = "".join(f"  {counts[label]:>10,}" for counts in found.counts.values())
        lines.append(f"{name:<{wide}}{counts}")
    if found.skipped:
        lines += ["", f"skipped: {len(found.skipped):,}"]
        lines += [one_line(f"  {path}: {why}") for path, why in found.skipped]
    return "\n".join(lines)


def _numbers(values: Sequence[float]) -> str:
    return " ".join(f"{value:.4f}" for value in values)
