"""What each process of a run leaves in its folder: who it is, and how it ended.

``processes/rank-N.json`` is written by process N alone; ``rank-N.log`` beside it is its log.
"""

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.runs.live.process import ProcessIdentity, own_identity
from workbench.runs.store.atomic import write_atomically
from workbench.runs.store.files import make_folder
from workbench.runs.store.folder import RunFolder
from workbench.system.regular_files import read_regular
from workbench.training.worker.outcome import Outcome

LARGEST = 1 << 20  # bytes of a report


@dataclass(frozen=True)
class Report:
    """One process of a run."""

    rank: int
    process: ProcessIdentity
    outcome: Outcome | None  # None while it runs, and of one that was killed
    time: float  # seconds since 1970, when it was written


def processes_folder(folder: RunFolder) -> Path:
    """Where reports and logs are."""
    return folder.path / "processes"


def log_file(folder: RunFolder, rank: int) -> Path:
    """The log of a process."""
    return processes_folder(folder) / f"rank-{rank}.log"


def write_report(folder: RunFolder, rank: int, outcome: Outcome | None = None) -> None:
    """Write the calling process's report."""
    make_folder(processes_folder(folder))
    told: dict[str, Any] = {"rank": rank, "time": time.time(), **own_identity().as_table()}
    if outcome:
        told |= {"status": outcome.status, "error": outcome.error}
    path = processes_folder(folder) / f"rank-{rank}.json"
    write_atomically(path, json.dumps(told).encode(), durable=False)


def read_reports(folder: RunFolder, size: int) -> list[Report]:
    """The reports that are there, by rank; what cannot be read is left out."""
    found = []
    for rank in range(size):
        path = processes_folder(folder) / f"rank-{rank}.json"
        try:
            told = json.loads(read_regular(path, LARGEST, follow=False))
            process = ProcessIdentity.from_table(told)
            status = told.get("status")
            outcome = Outcome(str(status), told.get("error")) if status else None
            if process is not None:
                found.append(Report(rank, process, outcome, float(told["time"])))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
    return found


def forget_reports(folder: RunFolder) -> None:
    """Delete the reports of an earlier worker's processes."""
    for path in processes_folder(folder).glob("rank-*.json"):
        path.unlink(missing_ok=True)


def last_line(path: Path) -> str:
    """The last line of a log, cut to 200 characters; "" where there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - 4096))
            lines = file.read().decode(errors="replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1].strip()[:200] if lines else ""
