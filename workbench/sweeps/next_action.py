"""Decides what a coordinator does with a run: a pure function of its files' state."""

from dataclasses import dataclass
from typing import Literal

from workbench.runs.live.process import boot_id
from workbench.runs.live.status import launched_process, read_status
from workbench.runs.places.placed import read_placed
from workbench.runs.store.folder import RunFolder
from workbench.sweeps.folder import read_note

RETRIES = 1  # how often a run that failed or crashed is started again
Action = Literal["start", "wait", "resume", "retry", "done", "failed", "left"]


@dataclass(frozen=True)
class Observation:
    """The state of a run by its files."""

    status: str  # "" where it has not begun
    live: bool = False
    retries: int = 0
    other_boot: bool = False  # its worker was started before the machine was
    reason: str = ""


def observe(folder: RunFolder) -> Observation:
    """Read the state of a run."""
    if not folder.is_run:
        return Observation("")
    now, note, process = read_status(folder), read_note(folder), launched_process(folder)
    never = process is None and not folder.record.exists() and read_placed(folder) is None
    if now.name == "crashed" and never:
        return Observation("")  # prepared, and never started
    return Observation(
        now.name,
        now.is_live,
        note.retries if note else 0,
        process is not None and process.is_local and process.boot != boot_id(),
        now.reason,
    )


def action(seen: Observation, *, watched: bool, retry_failed: bool) -> Action:
    """What to do with a run.

    ``watched``: it was live under this coordinator, so that a stop was a person's request.
    ``retry_failed``: restart a run that has used up its retries.
    """
    if not seen.status:
        return "start"
    if seen.live:
        return "wait"
    if seen.status == "finished":
        return "done"
    if seen.status == "stopped":
        return "left" if watched else "resume"
    if seen.status == "crashed" and seen.other_boot:
        return "resume"  # the machine went down, which is not the run's fault
    return "retry" if retry_failed or seen.retries < RETRIES else "failed"
