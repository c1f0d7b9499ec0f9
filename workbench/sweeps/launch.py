"""A coordinator in a process of its own, and how a sweep is opened for one."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.errors import RequestError
from workbench.sweeps.config import SweepConfig
from workbench.sweeps.folder import SweepFolder
from workbench.sweeps.plan import PlannedRun, plan
from workbench.sweeps.source import Planned, Source
from workbench.text import toml_value


def open_source(sweep: SweepConfig, folder: SweepFolder) -> Source:
    """Where the runs of a sweep come from: its plan, or its search."""
    if sweep.search is None:
        return Planned(plan(sweep, folder.name))
    from workbench.sweeps.search import OptunaSearch

    return OptunaSearch(sweep, folder)


def begun_runs(sweep: SweepConfig, folder: SweepFolder) -> list[PlannedRun]:
    """The runs of a sweep, for its result table: a plan's all, a search's so far."""
    return list(open_source(sweep, folder).known())


def start_coordinator(
    sweep: str, folder: SweepFolder, changes: Mapping[str, Any], data: Path | None, jobs: int | None
) -> int:
    """Start ``workbench sweep`` on its own, in a session of its own; gives its process id."""
    command = [sys.executable, "-P", "-m", "workbench", "sweep", sweep, "--name", folder.name]
    command += ["--runs-dir", str(folder.runs_dir)]
    command += ["--data", str(data)] if data else []
    command += ["--jobs", str(jobs)] if jobs else []
    for key, value in changes.items():
        command += ["--set", f"{key}={toml_value(value)}"]
    try:
        folder.path.mkdir(parents=True, exist_ok=True)
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
