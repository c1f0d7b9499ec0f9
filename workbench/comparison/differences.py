"""The differences between runs in configuration, results, classes and layers, and Pareto fronts."""

from collections.abc import Sequence
from typing import Any

from workbench.comparison.compared_run import ComparedRun
from workbench.config import flatten, to_tables
from workbench.runs.history.state import ClassScore
from workbench.runs.library.columns import RESULTS, result_of

NOT_COMPARED = frozenset(("data.root", "train.device"))  # where it ran, not what it computed


def configuration(compared: Sequence[ComparedRun]) -> dict[str, list[Any]]:
    """The keys in which the runs differ, each with one value a run; None where it has none.

    A run without a configuration (an imported one) has no differences.
    """
    flats = [flatten(to_tables(run.info.config)) if run.info.config else {} for run in compared]
    known = [flat for flat in flats if flat]
    keys = dict.fromkeys(key for flat in flats for key in flat)
    values = {key: [flat.get(key) for flat in flats] for key in keys}
    return {
        key: row
        for key, row in values.items()
        if not key.startswith("about.")
        and key not in NOT_COMPARED
        and any(flat.get(key) != known[0].get(key) for flat in known)
    }


def results(compared: Sequence[ComparedRun]) -> dict[str, list[float | None]]:
    """The values of every result that a run has, in the order of :data:`RESULTS`."""
    table = {name: [result_of(run.info.record, name) for run in compared] for name in RESULTS}
    return {name: row for name, row in table.items() if any(v is not None for v in row)}


def best(name: str, values: Sequence[float | None]) -> list[int]:
    """Indices of the best values of a result; [] where all are equal."""
    higher = RESULTS[name].higher_is_better
    known = [value for value in values if value is not None]
    if higher is None or len(known) < 2 or len(set(known)) == 1:
        return []
    top = max(known) if higher else min(known)
    return [index for index, value in enumerate(values) if value == top]


def classes(compared: Sequence[ComparedRun]) -> dict[str, list[ClassScore | None]]:
    """Per-class scores side by side, the classes that differ most first."""
    tables = [{score.name: score for score in run.classes()} for run in compared]
    names = dict.fromkeys(name for table in tables for name in table)
    rows = {name: [table.get(name) for table in tables] for name in names}
    return dict(sorted(rows.items(), key=lambda item: -spread(item[1])))


def spread(scores: Sequence[ClassScore | None]) -> float:
    """The largest difference between the accuracies of a class, 0 to 1."""
    known = [score.accuracy for score in scores if score is not None]
    return max(known) - min(known) if known else 0.0


def layers(compared: Sequence[ComparedRun]) -> dict[str, list[dict[str, Any] | None]]:
    """The rows of the layer tables by layer name, one entry a run, in order of execution.

    A layer that only some runs have stands after the one before it in its own run.
    """
    tables = [_by_name(run) for run in compared]
    order: list[str] = []
    for table in tables:
        place = 0
        for name in table:
            if name in order:
                place = order.index(name) + 1
            else:
                order.insert(place, name)
                place += 1
    return {name: [table.get(name) for table in tables] for name in order}


def _by_name(run: ComparedRun) -> dict[str, dict[str, Any]]:
    if run.layers is None:
        return {}
    rows: dict[str, dict[str, Any]] = {}
    for layer in run.layers["layers"]:
        name, again = str(layer["name"]), 2
        while name in rows:  # a shared module runs more than once
            name, again = f"{layer['name']} ({again})", again + 1
        rows[name] = layer
    return rows


def pareto_front(costs: Sequence[float | None], gains: Sequence[float | None]) -> list[int]:
    """Indices of the runs on the Pareto front: no other has as much gain for less cost, or more
    for as much.

    A run without one of the two numbers is not on it.
    """
    points = [
        (index, cost, gain)
        for index, (cost, gain) in enumerate(zip(costs, gains, strict=True))
        if cost is not None and gain is not None
    ]
    return [
        index
        for index, cost, gain in points
        if not any((c <= cost and g >= gain) and (c < cost or g > gain) for _, c, g in points)
    ]
