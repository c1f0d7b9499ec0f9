"""Opens the source of a sweep's runs, checks them, and starts a coordinator's process."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from workbench.errors import RequestError
from workbench.runs.live.weights_source import resolve_weights
from workbench.runs.places.config import Place
from workbench.runs.store.folder import RunFolder
from workbench.sweeps.config import SweepConfig
from workbench.sweeps.folder import SweepFolder
from workbench.sweeps.plan import PlannedRun, plan
from workbench.sweeps.source import Planned, Source
from workbench.system.gpus import check_device


def open_source(sweep: SweepConfig, folder: SweepFolder, *, share: bool = False) -> Source:
    """The source of a sweep's runs: its plan, or its search, which coordinators may share."""
    if sweep.search is None:
        return Planned(plan(sweep, folder.name))
    from workbench.sweeps.search import OptunaSearch

    salt = int.from_bytes(os.urandom(4), "little") if share else 0
    return OptunaSearch(sweep, folder, salt)


def begun_runs(sweep: SweepConfig, folder: SweepFolder) -> list[PlannedRun]:
    """The runs for the result table: all of a plan, those so far of a search."""
    return list(open_source(sweep, folder).known())


def check_data(runs: Sequence[PlannedRun], runs_dir: Path, data: Path | None) -> None:
    """Check data and weights of the runs that have not begun, each of them once.

    Raises as :func:`resolve_to_train`, and where a file of weights is not there.
    """
    from workbench.config.split_check import resolve_to_train

    waiting = [run for run in runs if not RunFolder(runs_dir / run.id).is_run]
    for config in {
        getattr(run.config.model, "weights", ""): run.config for run in waiting
    }.values():
        resolve_weights(config, runs_dir)
    for config in {run.config.data.model_dump_json(): run.config for run in waiting}.values():
        resolve_to_train(config, data)


def check_devices(sweep: SweepConfig) -> None:
    """Raise :class:`ConfigError` for a GPU that is not here."""
    for device in sweep.devices:
        check_device(device)


def start_coordinator(
    folder: SweepFolder,
    *,
    data: Path | None = None,
    place: Place | None = None,
    share: bool = False,
) -> int:
    """Start ``workbench sweep --resume`` on a stored sweep, in a session of its own.

    Returns its process id; its output goes to the sweep's log.
    """
    command = [sys.executable, "-P", "-m", "workbench", "sweep", "--resume", folder.name]
    command += ["--runs-dir", str(folder.runs_dir)]
    command += ["--data", str(data)] if data else []
    command += ["--place", place.name] if place else []
    command += ["--share"] * share
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
