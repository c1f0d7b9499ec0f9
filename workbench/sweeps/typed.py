"""Parses a sweep typed in one line: ``optimizer.lr = 0.1, 0.01; train.seed = 0, 1``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli

from workbench.errors import RequestError
from workbench.sweeps.config import SweepConfig, build_sweep
from workbench.sweeps.folder import open_sweep

FOLDS = "data.folds"
RULE = "write KEY = VALUE, VALUE; such as optimizer.lr = 0.1, 0.01"


def typed_sweep(text: str, preset: str, changes: Mapping[str, Any]) -> SweepConfig:
    """The sweep of a typed line over a preset with changes.

    Raises :class:`RequestError` for a line that cannot be parsed.
    """
    grid = read_grid(text)
    own = {key: value for key, value in changes.items() if key not in grid}
    tables: dict[str, Any] = {"preset": preset, "set": own, "grid": grid}
    if len(grid.get(FOLDS, ())) == 1:  # each point on each of them, not one point with so many
        tables["folds"] = grid.pop(FOLDS)[0]
    return build_sweep(tables, source="sweep")


def read_grid(text: str) -> dict[str, list[Any]]:
    """Parse ``key = value, value; key = …``; strings need no quotes."""
    grid: dict[str, list[Any]] = {}
    for part in text.split(";"):
        if not part.strip():
            continue
        key, equals, values = (piece.strip() for piece in part.partition("="))
        if not equals or "." not in key:
            raise RequestError(f"{part.strip()!r}: {RULE}")
        if not values:
            raise RequestError(f"{key}: has no values yet")
        try:
            grid[key] = tomli.loads(f"values = [{values}]")["values"]
        except tomli.TOMLDecodeError:
            grid[key] = [word.strip() for word in values.split(",") if word.strip()]
    if not grid:
        raise RequestError(RULE)
    return grid


def free_name(preset: str, grid: Mapping[str, Any], runs_dir: Path) -> str:
    """A name for a typed sweep that no other has: ``digits-lr``, ``digits-lr-2``, …"""
    words = [preset.rpartition("/")[2].removesuffix(".toml"), *(k.rpartition(".")[2] for k in grid)]
    name, number = "-".join(words)[:60], 2
    while open_sweep(name if number == 2 else f"{name}-{number - 1}", runs_dir).spec.is_file():
        number += 1
    return name if number == 2 else f"{name}-{number - 1}"
