"""Sends a run to a place: writes its script, has the scheduler take it, and notes the job."""

import sys
from pathlib import Path

from workbench.errors import RunError, WorkbenchError
from workbench.runs.live.status import read_status
from workbench.runs.places.config import Place
from workbench.runs.places.placed import sent
from workbench.runs.places.schedulers import SCHEDULERS
from workbench.runs.places.script import files, job_name, script, warning
from workbench.runs.store.atomic import write_atomically
from workbench.runs.store.folder import RunFolder

JOB = "workbench.runs.live.job"


def send_to(folder: RunFolder, place: Place, processes: int = 0) -> str:
    """Have a job of ``place`` start the worker of a run's folder; returns the job's id.

    ``processes`` as in :func:`workbench.runs.live.launch.start_worker`. Raises
    :class:`RunError` where a worker lives already, and :class:`RequestError` with the scheduler's
    words where it refuses; then the run is as it was.
    """
    if read_status(folder).is_live:
        raise RunError(f"run {folder.id} has a worker already")
    command = [python_of(place), "-P", "-m", JOB, str(folder.path), "--place", place.name]
    command += ["--kind", place.kind]
    command += ["--warning", str(warning(place.section))]
    command += ["--requeue"] if place.section.requeue else []
    command += ["--devices", str(processes)] if processes else []
    try:
        folder.control.unlink(missing_ok=True)  # it was for an earlier worker
        write_atomically(folder.place_script, script(place.section, command).encode())
    except OSError as error:
        raise RunError(f"{folder.path}: cannot be written: {error.strerror}") from None
    root = str(folder.path.parent)
    options = files(root, str(folder.log), job_name(folder.id))
    try:
        job = SCHEDULERS[place.kind].submit(folder.place_script, options)
    except WorkbenchError as error:
        raise type(error)(f"place {place.name}: {error}") from None
    sent(place.name, place.kind, job, place.asked).write(folder)
    return job


def python_of(place: Place) -> str:
    """The Python that runs on the nodes of a place."""
    given = place.section.python
    return str(Path(given).expanduser()) if given else sys.executable
