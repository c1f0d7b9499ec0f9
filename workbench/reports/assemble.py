"""Assembles the reports of several runs and of a sweep."""

from collections.abc import Sequence
from pathlib import Path

from workbench.comparison import document
from workbench.comparison.compared_run import ComparedRun, read_compared_run
from workbench.formatting.text import changes_text, count
from workbench.reports.blocks import Block, Chart, Heading, Paragraph
from workbench.reports.run_report import run_blocks
from workbench.reports.svg import chart
from workbench.runs.library.columns import RESULTS, result_of, title
from workbench.runs.store.folder import RunFolder
from workbench.sweeps.config import SweepConfig
from workbench.sweeps.results import Table, plot_points, swept_key, text_table

CURVES = (("train_loss", "Training loss"), ("val_accuracy", "Validation accuracy"))


def runs_report(compared: Sequence[ComparedRun]) -> list[Block]:
    """One run's report, or a comparison of several with each one's report after it."""
    if len(compared) == 1:
        return run_blocks(compared[0], level=1)
    blocks: list[Block] = [Heading(f"{len(compared)} runs side by side", 1)]
    blocks += document.tables(compared, layers=False)
    blocks += _curves(compared, "runs")
    gain = document.gain_of(compared)
    for cost in document.COSTS:
        points = {run.id: _dot(run, cost, gain) for run in compared}
        name = f"{RESULTS[gain].title} against {RESULTS[cost].title}"
        if svg := chart(points, name, RESULTS[cost].title, "%", scatter=True):
            blocks.append(Chart(f"runs-{cost}", name, svg))
    for run in compared:
        blocks += run_blocks(run)
    return blocks


def sweep_report(name: str, sweep: SweepConfig, table: Table, runs_dir: Path) -> list[Block]:
    """The result table of a sweep, its plot, and the report of the best run."""
    statuses = [status for row in table.rows for status in row.statuses]
    words = f"Sweep {name} of preset {sweep.preset}: {statuses.count('finished')} of "
    words += f"{count(len(statuses))} runs finished."
    blocks: list[Block] = [Heading(sweep.title or f"Sweep {name}", 1)]
    blocks += [Paragraph(sweep.description)] if sweep.description else []
    if sweep.set:
        words += f" Set for every run: {changes_text(sweep.set)}."
    blocks += [Paragraph(words), text_table(table, f"Results; ★ {title(table.metric)}")]
    blocks += _swept(sweep, table)
    folders = _finished(table, runs_dir)
    compared = [read_compared_run(folder) for folder in folders.values()]
    if compared:
        blocks += _curves(compared, "sweep", list(folders))
    best = next((row for row in table.rows if row.best), None)
    if best is not None and best.variant in folders:
        blocks += [Heading(f"The best: {best.variant}")]
        blocks += run_blocks(read_compared_run(folders[best.variant]), level=3)
    return blocks


def _finished(table: Table, runs_dir: Path) -> dict[str, RunFolder]:
    """The first finished run of each row."""
    found: dict[str, RunFolder] = {}
    for row in table.rows:
        for run, status in zip(row.runs, row.statuses, strict=True):
            if status == "finished":
                found.setdefault(row.variant, RunFolder(runs_dir / run))
    return found


def _swept(sweep: SweepConfig, table: Table) -> list[Block]:
    key = swept_key(sweep)
    points = plot_points(table, key) if key else []
    if len(points) < 2:
        return []
    scale = 100 if RESULTS[table.metric].kind == "share" else 1
    x, y = [p[0] for p in points], [p[1] * scale for p in points]
    name = f"{title(table.metric)} against {key}"
    wide = x[0] > 0 and x[-1] / x[0] >= 20
    svg = chart({"": (x, y)}, name, key, "%" if scale == 100 else "", log_x=wide)
    return [Chart("sweep-metric", name, svg)]


def _curves(
    compared: Sequence[ComparedRun], prefix: str, names: Sequence[str] | None = None
) -> list[Block]:
    blocks: list[Block] = []
    for curve, words in CURVES:
        scale = 100 if curve.endswith("accuracy") else 1
        points = {}
        for name, run in zip(names or [run.id for run in compared], compared, strict=True):
            x, y = run.curve(curve, "epoch")
            points[name] = (x, [value * scale for value in y])
        if svg := chart(points, words, "epoch", "%" if scale == 100 else "cross-entropy"):
            blocks.append(Chart(f"{prefix}-{curve}", words, svg))
    return blocks


def _dot(run: ComparedRun, cost: str, gain: str) -> tuple[list[float], list[float]]:
    x, y = result_of(run.info.record, cost), result_of(run.info.record, gain)
    return ([], []) if x is None or y is None else ([x], [y * 100])
