"""A comparison of runs as a JSON document, and as tables."""

from collections.abc import Sequence
from typing import Any

from workbench.comparison import differences
from workbench.comparison.compared_run import Against, ComparedRun
from workbench.formatting.tables import TextTable
from workbench.formatting.text import NOTHING, count, toml_value
from workbench.runs.library.columns import RESULTS, result_text

COSTS = ("params", "macs", "seconds")
GAINS = ("test_accuracy", "best_val_accuracy")  # the first that two runs have
CURVES = ("train_loss", "val_loss", "train_accuracy", "val_accuracy", "lr", "loss")


def document(compared: Sequence[ComparedRun], against: Against) -> dict[str, Any]:
    """The whole comparison; lists have an entry a run, in the order of ``runs``."""
    results = differences.results(compared)
    return {
        "runs": [_about(run) for run in compared],
        "config": differences.configuration(compared),
        "results": {
            name: {
                "values": values,
                "best": differences.best(name, values),
                "higher_is_better": RESULTS[name].higher_is_better,
            }
            for name, values in results.items()
        },
        "per_class": {
            name: [{"correct": s.correct, "total": s.total} if s else None for s in scores]
            for name, scores in differences.classes(compared).items()
        },
        "layers": {
            name: [_layer(row) for row in rows]
            for name, rows in differences.layers(compared).items()
        },
        "curves": {
            "against": against,
            **{name: [_points(run, name, against) for run in compared] for name in CURVES},
        },
        "pareto": {
            "gain": gain_of(compared),
            **{cost: pareto_ids(compared, cost) for cost in COSTS},
        },
    }


def gain_of(compared: Sequence[ComparedRun]) -> str:
    """The accuracy to compare: of the test if the runs have it, else of the validation."""
    results = differences.results(compared)
    counts = {name: sum(v is not None for v in results.get(name, ())) for name in GAINS}
    return next((name for name in GAINS if counts[name] == max(counts.values())), GAINS[0])


def pareto_ids(compared: Sequence[ComparedRun], cost: str) -> list[str]:
    """Ids of the runs on the Pareto front of accuracy against ``cost``."""
    results = differences.results(compared)
    nothing = [None] * len(compared)
    gains = results.get(gain_of(compared), nothing)
    return [compared[i].id for i in differences.pareto_front(results.get(cost, nothing), gains)]


def tables(compared: Sequence[ComparedRun], *, layers: bool = True) -> list[TextTable]:
    """The comparison as tables with one column a run."""
    found = [configuration_table(compared), results_table(compared), pareto_table(compared)]
    found += [classes_table(compared)]
    if layers:
        found.append(layers_table(compared))
    return [table for table in found if table.rows]


def configuration_table(compared: Sequence[ComparedRun]) -> TextTable:
    """Only the keys that differ."""
    rows = [
        [key, *(NOTHING if value is None else toml_value(value) for value in values)]
        for key, values in differences.configuration(compared).items()
    ]
    return _table("What differs", "key", compared, rows, numbers=False)


def results_table(compared: Sequence[ComparedRun]) -> TextTable:
    """The results, the best of each marked ★."""
    rows = []
    for name, values in differences.results(compared).items():
        top = differences.best(name, values)
        cells = [
            result_text(name, value) + (" ★" if index in top else "")
            for index, value in enumerate(values)
        ]
        rows.append([RESULTS[name].title, *cells])
    return _table("Results", "result", compared, rows)


def pareto_table(compared: Sequence[ComparedRun]) -> TextTable:
    """Which runs are on the Pareto front, for each kind of cost."""
    rows = []
    for cost in COSTS:
        ids = pareto_ids(compared, cost)
        if ids:
            marks = ["●" if run.id in ids else "" for run in compared]
            rows.append([f"accuracy against {RESULTS[cost].title}", *marks])
    return _table("On the Pareto front", "plane", compared, rows, numbers=False)


def classes_table(compared: Sequence[ComparedRun]) -> TextTable:
    """Accuracy of each class, those that differ most first."""
    rows = []
    for name, scores in differences.classes(compared).items():
        cells = [
            f"{score.accuracy:.1%} ({score.correct}/{score.total})" if score else NOTHING
            for score in scores
        ]
        rows.append([name, *cells, f"{differences.spread(scores) * 100:.1f}"])
    table = _table("Classes, the largest difference first", "class", compared, rows)
    return TextTable(
        table.title, [*table.headings, "spread, points"], rows, table.right | {len(compared) + 1}
    )


def layers_table(compared: Sequence[ComparedRun]) -> TextTable:
    """Parameters and MACs of each layer, one pair of columns a run, and their sums."""
    rows = []
    sums = [[0, 0] for _ in compared]
    for name, layers in differences.layers(compared).items():
        cells = []
        for total, layer in zip(sums, layers, strict=True):
            params, macs = (layer["params"], layer["macs"]) if layer else (0, 0)
            total[0], total[1] = total[0] + params, total[1] + macs
            cells += [count(params), count(macs)] if layer else [NOTHING, NOTHING]
        if any(layer and (layer["params"] or layer["macs"]) for layer in layers):
            rows.append([name, *cells])
    if rows:
        rows.append(["total", *(count(number) for total in sums for number in total)])
    headings = ["layer"]
    for run in compared:
        headings += [f"{run.id} params", "MACs"]
    return TextTable("Layers", headings, rows, frozenset(range(1, len(headings))))


def _table(
    title: str,
    first: str,
    compared: Sequence[ComparedRun],
    rows: list[list[str]],
    *,
    numbers: bool = True,
) -> TextTable:
    right = frozenset(range(1, len(compared) + 1)) if numbers else frozenset[int]()
    return TextTable(title, [first, *(run.id for run in compared)], rows, right)


def _about(run: ComparedRun) -> dict[str, Any]:
    config = run.info.config
    return {
        "id": run.id,
        "path": str(run.info.folder.path),
        "status": run.info.status.name,
        "preset": config.about.preset if config else run.info.value("run", "preset"),
        "changes": run.info.changes,
    }


def _layer(row: dict[str, Any] | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {key: row[key] for key in ("type", "output_shape", "params", "macs")}


def _points(run: ComparedRun, name: str, against: Against) -> dict[str, list[float]]:
    x, y = run.curve(name, against)
    return {"x": x, "y": y}
