"""Prints strict JSON, and silences a stream whose reader has gone."""

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

import click


def print_json(document: Any) -> None:
    """Print one strict JSON document to stdout, in ASCII; a number that is not finite becomes null.

    Everything but ASCII is escaped, so that no control character of a name or an error text
    reaches a terminal.
    """
    text = json.dumps(_strict(document), indent=2, allow_nan=False)
    click.echo(text.replace("\x7f", "\\u007f"))  # DEL is ASCII, and a control character


def print_made(name: str, path: Path, *, as_json: bool, **more: Any) -> None:
    """Print the id of a run or sweep: alone on its line, or with its folder as JSON."""
    if as_json:
        print_json({"id": name, "path": str(path), **more})
    else:
        click.echo(name)


def silence(stream: TextIO) -> None:
    """Discard what ``stream`` holds and everything written to it from now on.

    For a stream whose reader has gone: a buffer that cannot be flushed would make Python
    complain at exit and change the exit status.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _strict(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _strict(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | int | bool):
        return value
    return str(value)  # a date in a stranger's TOML, a path
