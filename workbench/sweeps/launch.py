"""Where a sweep's runs come from, and a coordinator in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from workbench.errors import RequestError
from workbench.runs.store.folder import RunFolder
from workbench.sweeps.config import SweepConfig
from workbench.sweeps.folder import SweepFolder
from workbench.sweeps.plan import PlannedRun, plan
from workbench.sweeps.source import Planned, Source
from workbench.system.gpus import check_device


def open_source(sweep: SweepConfig, folder: SweepFolder) -> Source:
    """Where the runs of a sweep come from: its plan, or its search."""
    if sweep.search is None:
        return Planned(plan(sweep, folder.name))
    from workbench.sweeps.search import OptunaSearch

    return OptunaSearch(sweep, folder)


def begun_runs(sweep: SweepConfig, folder: SweepFolder) -> list[PlannedRun]:
    """The runs of a sweep, for its result table: a plan's all, a search's so far."""
    return list(open_source(sweep, folder).known())


def check_data(runs: Sequence[PlannedRun], runs_dir: Path, data: Path | None) -> None:
    """Refuse runs that have not begun and whose data is missing or leaves a split empty.

    Runs with the same data are asked about once. Raises like :func:`resolve_to_train`.
    """
    from workbench.config.split_check import resolve_to_train

    waiting = (run for run in runs if not RunFolder(runs_dir / run.id).is_run)
    for config in {run.config.data.model_dump_json(): run.config for run in waiting}.values():
        resolve_to_train(config, data)


def check_devices(sweep: SweepConfig) -> None:
    """Refuse a sweep on a GPU that is not here; raises :class:`ConfigError`."""
    for device in sweep.devices:
        check_device(device)


def start_coordinator(folder: SweepFolder, *, data: Path | None = None) -> int:
    """Start ``workbench sweep --resume`` on a stored sweep, in a session of its own.

    Gives its process id; what it says goes to the sweep's log.
    """
    command = [sys.executable, "-P", "-m", "workbench", "sweep", "--resume", folder.name]
    command += ["--runs-dir", str(folder.runs_dir)]
    command += ["--data", str(data)] if data else []
    try:
        with folder.log.open("ab") as log:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
                start_new_session=True,
            )
    except OSError as error:
        raise RequestError(f"{folder.path}: {error.strerror or error}") from None
    return child.pid
