"""The report of one run: results, configuration, curves, layers, evaluations."""

from collections.abc import Sequence
from typing import Any

from workbench.comparison.compared_run import ComparedRun
from workbench.config import flatten, to_tables
from workbench.formatting import layer_table
from workbench.formatting.tables import TextTable
from workbench.formatting.text import NOTHING, count, duration, toml_value
from workbench.reports.blocks import Block, Chart, Heading, Paragraph
from workbench.reports.svg import chart
from workbench.runs.history.follow import why_ended
from workbench.runs.library.columns import RESULTS, result_of, result_text
from workbench.runs.store.evaluations import list_evaluations

INDENT = "\N{NO-BREAK SPACE}" * 2
MOST_RATES = 40  # learning rates that are listed one by one


def run_blocks(run: ComparedRun, level: int = 2) -> list[Block]:
    """The report of a run, under a heading of its own."""
    blocks: list[Block] = [Heading(f"Run {run.id}", level), Paragraph(_sentence(run))]
    blocks += _tables(run)
    blocks += _charts(run)
    blocks += _network(run)
    blocks += _evaluations(run)
    return blocks


def _sentence(run: ComparedRun) -> str:
    info, config = run.info, run.info.config
    parts = [config.about.title or config.about.preset] if config else ["An imported run"]
    status = info.status.name
    parts.append(status + (f" ({why_ended(info)})" if status in ("failed", "crashed") else ""))
    if seconds := info.value("run", "seconds"):
        parts.append(f"trained for {duration(seconds)}")
    if device := info.value("environment", "device"):
        parts.append(f"on {device} in {info.value('environment', 'precision')}")
    if started := info.value("run", "started"):
        parts.append(f"started {started}")
    return ", ".join(map(str, parts)) + "."


def _tables(run: ComparedRun) -> list[Block]:
    record = run.info.record
    results = [
        (RESULTS[name].title, result_text(name, value))
        for name in RESULTS
        if (value := result_of(record, name)) is not None
    ]
    blocks: list[Block] = [TextTable("Results", ["result", "value"], results, frozenset((1,)))]
    if scores := sorted(run.classes(), key=lambda score: score.accuracy):
        rows = [(s.name, f"{s.correct}/{s.total}", f"{s.accuracy:.2%}") for s in scores]
        title = "Accuracy of each class, the worst first"
        blocks.append(TextTable(title, ["class", "correct", "accuracy"], rows, frozenset((1, 2))))
    data = [
        (key, _short(value)) for key, value in record.get("data", {}).items() if key != "classes"
    ]
    if data:
        blocks.append(TextTable("Data", ["", "value"], data))
    if run.info.config:
        keys = flatten(to_tables(run.info.config))
        aside = ("about.", "data.root")  # where the data lies is nobody else's business
        shown = [(key, _short(v)) for key, v in keys.items() if not key.startswith(aside)]
        blocks.append(TextTable("Hyperparameters", ["key", "value"], shown))
    return [block for block in blocks if not isinstance(block, TextTable) or block.rows]


def _charts(run: ComparedRun) -> list[Block]:
    axis = "epoch" if run.state.epoch_rows else "step"
    losses = {name: run.curve(f"{name}_loss", "epoch") for name in ("train", "val")}
    if not run.state.epoch_rows:
        losses = {"loss": run.curve("loss", "step")}
    accuracies = {
        name: _percent(run.curve(f"{name}_accuracy", "epoch")) for name in ("train", "val")
    }
    rates = run.state.curves.get("lr")
    drawn = [
        ("loss", "Loss", chart(losses, "Loss", axis, "cross-entropy")),
        ("accuracy", "Accuracy", chart(accuracies, "Accuracy", "epoch", "%")),
    ]
    if rates is not None:
        svg = chart({"lr": (rates.x, rates.y)}, "Learning rate", "step", "learning rate")
        drawn.append(("lr", "Learning rate", svg))
    return [Chart(f"{run.id}-{name}", title, svg) for name, title, svg in drawn if svg]


def _network(run: ComparedRun) -> list[Block]:
    if run.layers is None:
        return []
    root, *nodes = layer_table.tree(run.layers).walk()
    rows = []
    for node in [*nodes, root]:
        name, *others = layer_table.cells(node)
        rows.append([INDENT * max(0, node.depth - 1) + name, *others])
    table = TextTable("Network, layer by layer", layer_table.COLUMNS, rows, layer_table.RIGHT)
    remarks = layer_table.remarks(run.layers)
    return [table, *(Paragraph(line) for line in remarks), *_rates(run.layers)]


def _rates(layers: dict[str, Any]) -> list[Block]:
    """The learning rate of each epoch, or of some steps where there are thousands."""
    unit = "epoch" if "lr_per_epoch" in layers else "step"
    rates = layers.get(f"lr_per_{unit}", [])
    every = -(-len(rates) // MOST_RATES) or 1
    places = sorted({*range(0, len(rates), every), *([len(rates) - 1] if rates else [])})
    rows = [(count(place + 1), f"{rates[place]:.6f}") for place in places]
    return [TextTable("Learning rates", [unit, "learning rate"], rows, frozenset((0, 1)))]


def _evaluations(run: ComparedRun) -> list[Block]:
    blocks: list[Block] = []
    for document in list_evaluations(run.info.folder):
        results = document["results"]
        if len(results) < 2:
            continue
        best = document["best"]["crop"]
        rows = [
            (f"{r['crop']} px" + (" ★" if r["crop"] == best else ""), f"{r['accuracy']:.2%}")
            for r in results
        ]
        name = f"{document['split']} accuracy against the test crop"
        blocks.append(TextTable(name, ["crop", "top-1"], rows, frozenset((0, 1))))
        points = [r["crop"] for r in results], [r["accuracy"] * 100 for r in results]
        svg = chart({"accuracy": points}, name, "test crop, px", "%")
        blocks.append(Chart(f"{run.id}-crops", name, svg))
    return blocks


def _percent(curve: tuple[Sequence[float], Sequence[float]]) -> tuple[list[float], list[float]]:
    return list(curve[0]), [value * 100 for value in curve[1]]


def _short(value: Any) -> str:
    if isinstance(value, bool | str):
        return str(value) or NOTHING
    if isinstance(value, list) and all(isinstance(item, float) for item in value):
        return ", ".join(f"{item:.6g}" for item in value) or NOTHING
    return count(value) if isinstance(value, int) else toml_value(value)
