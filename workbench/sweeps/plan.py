"""Plans the runs of a sweep: always the same list, with the same ids."""

import hashlib
import itertools
import json
import math
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.config import RunConfig
from workbench.config.presets import load_preset
from workbench.errors import ConfigError
from workbench.sweeps.config import MAX_RUNS, Choice, Range, SweepConfig

DIGITS = 4  # significant ones of a drawn number: a person is to read it


@dataclass(frozen=True)
class PlannedRun:
    """One run of a sweep, whether it has begun or not."""

    id: str  # of the run's folder; a function of the sweep's name, preset and changes
    variant: str  # what the row is called that it belongs to
    seed: int | None  # the seed it repeats with; None: the preset's own
    fold: int | None  # the fold that it validates on; None: the preset's own split
    changes: dict[str, Any]  # what makes this variant, without the sweep's own ``set``
    config: RunConfig


def plan(sweep: SweepConfig, name: str) -> list[PlannedRun]:
    """Every run of a sweep that is no search, in order, at most ``budget.runs``.

    Raises :class:`ConfigError`, naming the key, where any of them could not run.
    """
    runs: dict[str, PlannedRun] = {}
    seeds: list[int | None] = [*sweep.seeds] or [None]
    folds: list[int | None] = [*range(1, sweep.folds + 1)] or [None]
    for label, changes in points(sweep):
        for seed, fold in itertools.product(seeds, folds):
            run = planned(sweep, name, label, changes, seed, fold)
            runs.setdefault(run.id, run)
            if len(runs) > MAX_RUNS:
                raise ConfigError({"grid": f"gives more than {MAX_RUNS:,} runs"})
    found = list(runs.values())
    return found[: sweep.budget.runs] if sweep.budget.runs else found


def planned(
    sweep: SweepConfig,
    name: str,
    label: str,
    changes: Mapping[str, Any],
    seed: int | None = None,
    fold: int | None = None,
) -> PlannedRun:
    """One run of a sweep with its configuration, validated."""
    whole = {**sweep.set, **changes}
    if seed is not None:
        whole["train.seed"] = seed
    if fold is not None:
        whole |= {"data.folds": sweep.folds, "data.fold": fold}
    try:
        config = load_preset(sweep.preset, whole)
    except ConfigError as error:
        raise ConfigError(error.problems, f"variant {label!r}") from None
    text = json.dumps([sweep.preset, whole], sort_keys=True)
    mark = hashlib.sha256(text.encode()).hexdigest()[:6]
    words = f"{name}-{label}" + (f"-s{seed}" if seed is not None else "")
    words += f"-f{fold}" if fold is not None else ""
    slug = re.sub(r"[^A-Za-z0-9.]+", "-", words).strip("-.") or "run"
    return PlannedRun(f"{slug[:70]}-{mark}", label, seed, fold, dict(changes), config)


def points(sweep: SweepConfig) -> Iterator[tuple[str, dict[str, Any]]]:
    """(label, changes) of every variant × every point of the grid or every random point."""
    variants = [(variant.name, variant.set) for variant in sweep.variants] or [("", {})]
    for (name, own), point in itertools.product(variants, _points(sweep)):
        words = [name] if name else []
        words += [f"{_word(key)} {_value(value)}" for key, value in point.items()]
        yield ", ".join(words) or "as it is", {**own, **point}


def _points(sweep: SweepConfig) -> list[dict[str, Any]]:
    grid = [
        dict(zip(sweep.grid, values, strict=True))
        for values in itertools.product(*sweep.grid.values())
    ]
    if sweep.random is None:
        return grid
    draw = random.Random(sweep.random.seed)
    drawn = [
        {key: _draw(choice, draw) for key, choice in sweep.random.keys.items()}
        for _ in range(sweep.random.points)
    ]
    return [{**fixed, **free} for fixed in grid for free in drawn]


def _draw(choice: Choice, draw: random.Random) -> Any:
    if not isinstance(choice, Range):
        return choice[int(draw.random() * len(choice))]
    share = draw.random()
    if choice.integer:
        return math.floor(choice.low + share * (choice.high - choice.low + 1))
    if choice.log:
        return significant(choice.low * (choice.high / choice.low) ** share)
    return significant(choice.low + share * (choice.high - choice.low))


def significant(value: float) -> float:
    """A number rounded to a few significant digits."""
    return float(f"{value:.{DIGITS}g}")


def _word(key: str) -> str:
    return key.rpartition(".")[2].replace("_", " ")


def _value(value: Any) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "-".join(map(str, value))
    return str(value)
