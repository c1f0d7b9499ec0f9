"""``workbench new``: a small network of one's own to begin with, its preset and its test."""

import re
from pathlib import Path

import click

from workbench.cli.console.options import json_option, output_option
from workbench.cli.console.output import print_json
from workbench.errors import RequestError
from workbench.formatting.text import one_line

NETWORK = '''"""A small network of your own; make it what you like."""

from torch import Tensor, nn


class Net(nn.Module):
    """Float [N, channels, H, W] -> logits [N, classes].

    ``classes``, ``channels`` and ``size`` come from the data, the rest from ``model.args``.
    """

    def __init__(self, classes: int, channels: int, width: int = 32) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(channels, width, 3, padding=1),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, 2 * width, 3, stride=2, padding=1),
            nn.BatchNorm2d(2 * width),
            nn.ReLU(),
        )
        self.head = nn.Linear(2 * width, classes)

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.features(images).mean((2, 3)))
'''
PRESET = """[about]
title = "A network of my own"
description = "Trains {name}.py on the embedded digits; choose other data with --set data.name=…"

[model]
kind = "python"
target = "{name}:Net"
args = {{ width = 32 }}

[data]
name = "digits"
classes = 10
channels = 1

[optimizer]
kind = "adamw"
lr = 3e-3

[schedule]
kind = "cosine"

[train]
epochs = 15
batch_size = 64
"""
TEST = '''"""The network is sound: shapes, gradients, export, equal weights for equal seeds."""

from {name} import Net

from workbench.testing import check_model


def test_net() -> None:
    check_model(lambda: Net(classes=10, channels=1), shape=(1, 8, 8), classes=10)
'''


@click.command(short_help="A network of your own to begin with.")
@click.argument("what", type=click.Choice(["model"]))
@click.argument("name")
@output_option
@json_option
def command(what: str, name: str, output: Path | None, as_json: bool) -> None:
    """Write NAME.py, NAME.toml and test_NAME.py: a network, its preset and its test.

    They go into the folder OUTPUT, else into this one; nothing that is there is replaced.
    `workbench trust DIR` allows the preset to name it.
    """
    folder = output or Path()
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise RequestError(f"{name!r} cannot be a module's name: write a–z, 0–9 and _")
    files = {f"{name}.py": NETWORK, f"{name}.toml": PRESET, f"test_{name}.py": TEST}
    if there := [folder / file for file in files if (folder / file).exists()]:
        raise RequestError(f"{there[0]}: is there already; choose another name")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, text in files.items():
            written = text if file == f"{name}.py" else text.format(name=name)
            (folder / file).write_text(written, encoding="utf-8")
    except OSError as error:
        raise RequestError(f"{error.filename}: cannot be written: {error.strerror}") from None
    if as_json:
        return print_json([str(folder / file) for file in files])
    for file in files:
        click.echo(one_line(str(folder / file)))
    place = one_line(str(folder.resolve()))
    click.echo(f"next: workbench trust {place} && workbench train {folder / name}.toml", err=True)
    return None
