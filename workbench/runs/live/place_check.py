"""Tries a place with a job that does nothing: does its node see what a run needs there?"""

import importlib.metadata
import shlex
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import RequestError, RunError, WorkbenchError
from workbench.formatting.text import one_line
from workbench.runs.live.sending import python_of
from workbench.runs.places.config import Place
from workbench.runs.places.job import JobState, Scheduler
from workbench.runs.places.schedulers import SCHEDULERS
from workbench.runs.places.script import files, script
from workbench.runs.store.atomic import write_atomically
from workbench.runs.store.files import read_bytes, read_json

PROBE = "workbench.runs.places.probe"
UNSEEN = 81  # the script's exit status where the folder is not there
LAUNCH_FAILED = 128 + 53  # SLURM's, where a job's output file cannot be opened
NO_PYTHON = (126, 127)  # the shell's
POLL = 0.5  # seconds
SETTLE = 5.0  # seconds that a file of another host may take to be seen here


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at on the node."""

    name: str
    ok: bool
    found: str


@dataclass(frozen=True)
class Verdict:
    """What a place's check came to."""

    job: str
    node: str
    findings: list[Finding]

    @property
    def ok(self) -> bool:
        """Whether a run can train there."""
        return all(finding.ok for finding in self.findings)


def check_place(
    place: Place,
    runs_dir: Path,
    patience: float,
    progress: Callable[[str], None] = lambda _: None,
) -> Verdict:
    """Send a job to a place that looks around on its node, and wait for what it finds.

    ``progress`` is called with what the job waits for. Raises :class:`RequestError` where the
    scheduler refuses, :class:`RunError` where the job did not end within ``patience`` seconds; it
    is cancelled then.
    """
    try:
        runs_dir.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=".place-check-", dir=runs_dir))
    except OSError as error:
        raise RequestError(f"{runs_dir}: cannot be written: {error.strerror}") from None
    try:
        return _check(place, folder, patience, progress)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _check(place: Place, folder: Path, patience: float, progress: Callable[[str], None]) -> Verdict:
    answer, text = folder / "answer.json", folder / "job.sh"
    command = [python_of(place), "-P", "-m", PROBE, str(answer)]
    seen = f"[ -f {shlex.quote(str(text))} ] || exit {UNSEEN}"
    write_atomically(text, script(place.section, command, before=[seen]).encode())
    scheduler = SCHEDULERS[place.kind]
    options = files("/", str(folder / "output"), "workbench-check")
    try:
        job = scheduler.submit(text, options)
    except WorkbenchError as error:
        raise type(error)(f"place {place.name}: {error}") from None
    try:
        state = _await(scheduler, job, patience, progress)
    except BaseException:
        with suppress(WorkbenchError):
            scheduler.cancel(job)
        raise
    found = _read(answer)
    if found is None:
        why = _why_no_answer(scheduler, job, state, folder, python_of(place))
        return Verdict(job, state.nodes, [why])
    return Verdict(job, str(found["host"]), findings(found, place, folder.parent))


def _await(
    scheduler: Scheduler, job: str, patience: float, progress: Callable[[str], None]
) -> JobState:
    """The job's state once it is over; raises RunError where that takes too long."""
    submitted, until, reason, last = time.time(), time.monotonic() + patience, "", ""
    while time.monotonic() < until:
        state = scheduler.state(job, submitted)
        if state.phase in ("over", "unknown"):
            return state
        reason = state.reason or {"running": f"runs on {state.nodes}"}.get(state.phase, "queued")
        if reason != last:
            progress(f"job {job}: {reason}")
            last = reason
        time.sleep(POLL)
    raise RunError(f"job {job} did not end within {patience:g} s ({reason}); it is cancelled")


def _read(answer: Path) -> dict[str, Any] | None:
    """What the job wrote; None where it wrote nothing."""
    until = time.monotonic() + SETTLE
    while not answer.exists():
        if time.monotonic() > until or not answer.parent.exists():
            return None
        time.sleep(POLL)
    found = read_json(answer)
    return found if isinstance(found, dict) else None


def findings(found: dict[str, Any], place: Place, runs_dir: Path) -> list[Finding]:
    """What a node's answer says of what a run needs."""
    here = importlib.metadata.version("workbench")
    asked, gpus = place.section.gpus, [str(name) for name in found["gpus"]]
    names = f": {', '.join(dict.fromkeys(gpus))}" if gpus else ""
    torch = str(found["torch"])
    version = str(found["workbench"])
    return [
        Finding("runs folder", True, str(runs_dir)),
        Finding("Python", True, f"{found['python']}, {found['program']}"),
        Finding("workbench", version == here, version + f", here {here}" * (version != here)),
        Finding("torch", bool(torch), torch or f"cannot be imported: {found['why']}"),
        Finding("GPUs", len(gpus) >= asked, f"{len(gpus)}, asked for {asked}{names}"),
    ]


def _why_no_answer(
    scheduler: Scheduler, job: str, state: JobState, folder: Path, python: str
) -> Finding:
    code = scheduler.exit_code(job)
    if code in (UNSEEN, LAUNCH_FAILED) or "JobLaunchFailure" in state.reason:
        node = state.nodes or "the node"
        return Finding("runs folder", False, f"{node} does not see {folder.parent}")
    last = _last_line(folder / "output")
    if code in NO_PYTHON:
        return Finding("Python", False, f"{python} cannot be run there{last}")
    return Finding("job", False, f"ended without an answer ({state.reason or 'unknown'}){last}")


def _last_line(output: Path) -> str:
    try:
        lines = read_bytes(output, 1_000_000).decode(errors="replace").splitlines()
    except OSError:
        return ""
    said = [line for line in lines if line.strip()]
    return f": {one_line(said[-1])[:300]}" if said else ""
