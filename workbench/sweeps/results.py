"""The result table of a sweep, from the records of its runs."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, TypeGuard

from workbench.config import flatten, to_tables
from workbench.formatting.tables import TextTable
from workbench.formatting.text import NOTHING, toml_value
from workbench.runs.library.columns import RESULTS, result_of, result_text, title
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.record import Record, read_record
from workbench.sweeps.config import SweepConfig
from workbench.sweeps.next_action import observe
from workbench.sweeps.plan import PlannedRun

USUAL = ("params", "macs", "best_val_accuracy", "test_accuracy", "seconds_per_epoch")


@dataclass(frozen=True)
class Cell:
    """One value of the table: a key of the configuration, or a result's mean over seeds."""

    value: Any
    std: float | None = None  # sample standard deviation; None for fewer than two runs
    count: int = 0  # runs that gave it


@dataclass(frozen=True)
class Row:
    """One variant over all its seeds."""

    variant: str
    cells: dict[str, Cell]
    runs: tuple[str, ...]
    statuses: tuple[str, ...]  # of the runs; "" where one has not begun
    best: bool = False


@dataclass(frozen=True)
class Table:
    """A sweep's rows, in the order of its plan."""

    columns: tuple[str, ...]
    metric: str
    rows: tuple[Row, ...]

    @property
    def titles(self) -> list[str]:
        """The headings of the columns."""
        return [title(name) for name in self.columns]


def result_table(sweep: SweepConfig, runs: Sequence[PlannedRun], runs_dir: Path) -> Table:
    """The table from the records of a sweep's runs."""
    columns = _columns(sweep)
    rows = [
        _row(name, list(group), columns, sweep.table.metric, runs_dir)
        for name, group in groupby(runs, key=lambda run: run.variant)
    ]
    best = _best(rows, sweep.table.metric)
    marked = [Row(r.variant, r.cells, r.runs, r.statuses, r is best) for r in rows]
    return Table(columns, sweep.table.metric, tuple(marked))


def text_table(table: Table, name: str) -> TextTable:
    """The table as text cells with units; the best row is marked ★."""
    rows = []
    for row in table.rows:
        done = sum(status == "finished" for status in row.statuses)
        others = sorted({status or "waiting" for status in row.statuses} - {"finished"})
        runs = f"{done}/{len(row.runs)}" + (f" {', '.join(others)}" if others else "")
        cells = [cell_text(column, row.cells[column]) for column in table.columns]
        rows.append(["★" if row.best else "", row.variant, runs, *cells])
    right = frozenset(range(3, 3 + len(table.columns)))
    return TextTable(name, ["", "variant", "runs", *table.titles], rows, right)


def cell_text(name: str, cell: Cell) -> str:
    """One value with its unit; a mean over seeds with its std."""
    if name not in RESULTS:
        return NOTHING if cell.value is None else toml_value(cell.value)
    if cell.std is None:
        return result_text(name, cell.value)
    if RESULTS[name].kind == "share":
        return f"{cell.value:.2%} ± {cell.std * 100:.2f}"
    if RESULTS[name].kind == "number":
        return f"{cell.value:.4g} ± {cell.std:.2g}"
    return result_text(name, cell.value)


def swept_key(sweep: SweepConfig) -> str:
    """The key against which the metric is plotted; "" where rows have only names."""
    return sweep.table.x or (sweep.varied[0] if len(sweep.varied) == 1 else "")


def plot_points(table: Table, key: str) -> list[tuple[float, float]]:
    """(swept value, metric) of the rows with both as numbers, sorted by the value."""
    points = []
    for row in table.rows:
        x, y = row.cells[key].value if key in row.cells else None, row.cells[table.metric].value
        if is_number(x) and is_number(y):
            points.append((float(x), float(y)))
    return sorted(points)


def as_json(name: str, sweep: SweepConfig, table: Table) -> dict[str, Any]:
    """The table as a JSON document, with means and stds over seeds."""
    statuses = [status for row in table.rows for status in row.statuses]
    best = next((row.variant for row in table.rows if row.best), None)
    return {
        "sweep": name,
        "title": sweep.title,
        "preset": sweep.preset,
        "total": len(statuses),
        "finished": statuses.count("finished"),
        "columns": list(table.columns),
        "metric": table.metric,
        "best": best,
        "rows": [_row_json(row) for row in table.rows],
    }


def _row_json(row: Row) -> dict[str, Any]:
    values = {name: cell.value for name, cell in row.cells.items()}
    stds = {
        f"{name}_deviation": cell.std for name, cell in row.cells.items() if cell.std is not None
    }
    return {
        "variant": row.variant,
        "best": row.best,
        "runs": list(row.runs),
        "statuses": list(row.statuses),
        **values,
        **stds,
    }


def _columns(sweep: SweepConfig) -> tuple[str, ...]:
    asked = sweep.table.columns or [*sweep.varied, *USUAL]
    return tuple(dict.fromkeys([*asked, sweep.table.metric]))


def _row(
    name: str, runs: Sequence[PlannedRun], columns: Sequence[str], metric: str, runs_dir: Path
) -> Row:
    folders = [RunFolder(runs_dir / run.id) for run in runs]
    seen = [observe(folder) for folder in folders]
    records = [read_record(folder.record) for folder in folders]
    keys = flatten(to_tables(runs[0].config))
    cells = {
        column: _mean(records, column) if column in RESULTS else Cell(keys.get(column))
        for column in columns
    }
    return Row(name, cells, tuple(run.id for run in runs), tuple(one.status for one in seen))


def _mean(records: Sequence[Record], column: str) -> Cell:
    values = [value for record in records if (value := result_of(record, column)) is not None]
    if not values:
        return Cell(None)
    mean = statistics.fmean(values)
    if RESULTS[column].kind == "count" and mean.is_integer():
        mean = int(mean)
    std = statistics.stdev(values) if len(values) > 1 else None
    return Cell(mean, std, len(values))


def _best(rows: Sequence[Row], metric: str) -> Row | None:
    scored = [row for row in rows if is_number(row.cells[metric].value)]
    if not scored:
        return None
    choose = min if RESULTS[metric].higher_is_better is False else max
    return choose(scored, key=lambda row: float(row.cells[metric].value))


def is_number(value: Any) -> TypeGuard[int | float]:
    """True for a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
