"""Estimates how long a sweep will take, by the throughput of earlier runs."""

import statistics
from collections.abc import Sequence
from pathlib import Path

from workbench.config.learning_rate import nominal_steps_per_epoch
from workbench.errors import RequestError
from workbench.runs.store.folder import RunFolder, list_folders
from workbench.runs.store.record import read_record
from workbench.sweeps.next_action import observe
from workbench.sweeps.plan import PlannedRun

NEWEST = 50  # earlier runs that are looked at


def expected_seconds(runs: Sequence[PlannedRun], runs_dir: Path, jobs: int) -> float | None:
    """Seconds until all runs have finished; None where there is no earlier run of the kind.

    By the median throughput (images a second) of runs with the same kinds of model and data, and
    the known sizes of data sets.
    """
    waiting = [run for run in runs if status_of(runs_dir, run) != "finished"]
    throughputs = _throughputs(runs_dir)
    total = 0.0
    for run in waiting:
        throughput = throughputs.get((run.config.model.kind, run.config.data.name))
        if not throughput:
            return None
        steps = run.config.train.steps
        steps = steps or run.config.train.epochs * nominal_steps_per_epoch(run.config)
        total += steps * run.config.train.batch_size / statistics.median(throughput)
    return total / jobs


def status_of(runs_dir: Path, run: PlannedRun) -> str:
    """The status of a planned run; "" if it has not begun."""
    return observe(RunFolder(runs_dir / run.id)).status


def _throughputs(runs_dir: Path) -> dict[tuple[str, str], list[float]]:
    throughputs: dict[tuple[str, str], list[float]] = {}
    for folder in list_folders(runs_dir)[-NEWEST:]:
        throughput = read_record(folder.record).get("result", {}).get("images_per_second")
        if not isinstance(throughput, int | float) or throughput <= 0:
            continue
        try:
            config = folder.read_config()
        except RequestError:
            continue
        throughputs.setdefault((config.model.kind, config.data.name), []).append(float(throughput))
    return throughputs
