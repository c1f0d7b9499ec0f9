"""Infers the status of a run now, from its record, its process, its heartbeat and its job."""

import time
from dataclasses import dataclass

from workbench.formatting.text import ordinal
from workbench.runs.live import line
from workbench.runs.live.clock import file_time
from workbench.runs.live.process import ProcessIdentity
from workbench.runs.live.waiting_jobs import began, job_status, may_change
from workbench.runs.places.placed import read_begun, read_placed
from workbench.runs.store.files import tables_or_empty
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.record import Record, read_record

IN_LINE = " in line"
LONGEST_REASON = 32  # characters of what a queued run waits for, in lists
OVER = ("finished", "failed")
ENDED = ("finished", "stopped", "failed")
LIVE = ("starting", "queued", "running", "paused", "stalled")
SILENCE = 30.0  # seconds without a heartbeat after which a worker elsewhere counts as gone
STALL = 120.0  # seconds without an event after which a living worker counts as stalled


@dataclass(frozen=True)
class RunStatus:
    """The status of a run now, and the reason where there is one."""

    name: str
    reason: str = ""
    waits: bool = False  # in a scheduler: no worker hears what it is asked
    passing: bool = False  # it is not live, and may be again without a change of its files

    @property
    def words(self) -> str:
        """The status, with what a queued run waits for."""
        return status_words(self.name, self.reason)

    @property
    def is_live(self) -> bool:
        """True while a worker lives."""
        return self.name in LIVE


def read_status(
    folder: RunFolder, record: Record | None = None, places: dict[str, int] | None = None
) -> RunStatus:
    """The status by a run's record, its worker's process and heartbeat, and its job.

    For many runs, give the result of :func:`line.places`, so that the line is read once.
    """
    placed = read_placed(folder)
    # Before the worker's process: a job that starts it meanwhile is not taken for one that has.
    begun = read_begun(folder) if placed else None
    record = read_record(folder.record) if record is None else record
    now = _by_files(folder, record, places)
    if placed is None or now.is_live or (now.name in OVER and began(placed, begun)):
        return now
    job = placed.state()
    name, reason = job_status((now.name, now.reason), placed, begun, job)
    waits = name in ("queued", "paused")
    return RunStatus(name, reason, waits, passing=name == "crashed" and may_change(job))


def _by_files(folder: RunFolder, record: Record, places: dict[str, int] | None) -> RunStatus:
    run = record.get("run", {})
    told = str(run.get("status", ""))
    speaker, launched = ProcessIdentity.from_table(run), launched_process(folder)
    if launched and launched != speaker and _is_alive(folder, launched)[0]:
        return RunStatus("starting")  # it has not written its record yet
    if told in ENDED:
        return RunStatus(told)
    if told == "crashed":  # of several processes: the one that had started them has seen it
        return RunStatus(told, str(record.get("error", {}).get("message", "")))
    alive, why_gone = _is_alive(folder, speaker or launched)
    if not alive:
        return RunStatus("crashed", why_gone)
    elsewhere = speaker is not None and not speaker.is_local
    if told == "running" and (quiet := _quiet_seconds(folder, elsewhere)) > STALL:
        return RunStatus("stalled", f"alive, but no event for {quiet:.0f} s")
    if told == "queued" and (place := line.place_of(folder.path, places)):
        return RunStatus(told, f"{ordinal(place)}{IN_LINE}")
    return RunStatus(told or "starting")


def status_words(status: str, reason: str) -> str:
    """A status as lists show it, with what is waited for: ``queued, 3rd``, ``queued, Priority``."""
    waits_for = reason.removesuffix(IN_LINE)
    if len(waits_for) > LONGEST_REASON:
        waits_for = f"{waits_for[: LONGEST_REASON - 1]}…"
    return f"{status}, {waits_for}" if status == "queued" and waits_for else status


def launched_process(folder: RunFolder) -> ProcessIdentity | None:
    """The process that the launcher started last; None where it is not recorded."""
    return ProcessIdentity.from_table(tables_or_empty(folder.launch))


def _is_alive(folder: RunFolder, worker: ProcessIdentity | None) -> tuple[bool, str]:
    if worker is None:
        return False, "no worker was started"
    if worker.is_local:
        return worker.is_alive(), f"its worker (process {worker.pid}) is gone"
    try:
        silence = file_time(folder.path.parent) - folder.heartbeat.lstat().st_mtime
    except OSError:
        return False, f"no heartbeat from {worker.host}"
    return abs(silence) < SILENCE, f"no heartbeat from {worker.host} for {silence:.0f} s"


def _quiet_seconds(folder: RunFolder, elsewhere: bool) -> float:
    now = file_time(folder.path.parent) if elsewhere else time.time()
    try:
        return now - folder.metrics.lstat().st_mtime
    except OSError:
        return 0.0
