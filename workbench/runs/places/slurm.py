"""SLURM by its own programs: sbatch, squeue, scontrol, scancel, each with a time-out, no shell.

No accounting (sacct) is needed: what squeue does not know any more is over. squeue is asked once
for all jobs of the user, and its answer used for some seconds.
"""

import getpass
import os
import re
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from workbench.errors import RequestError, RunError
from workbench.formatting.text import one_line
from workbench.runs.places.job import Ending, JobState, Phase, Start
from workbench.runs.places.script import seconds
from workbench.runs.places.section import TIME

FRESH = 3.0  # seconds for which an answer is used
YOUNG = 60.0  # seconds after it was sent in which a job may be missing from an older answer
PATIENCE = 2.0  # seconds that a list waits for squeue
AGAIN = 30.0  # seconds after which a scheduler that did not answer is asked again
LONGEST = 60.0  # seconds that a command waits which changes something
LARGEST = 2000  # characters of a scheduler's own words
COLUMNS = (("JobID", 20), ("State", 24), ("RestartCnt", 8), ("Reason", 120), ("NodeList", 400))
OF_JOB = ("JOB_ID", "RESTART_COUNT", "JOB_NODELIST", "GPUS_ON_NODE")
PHASES: dict[str, Phase] = {
    **dict.fromkeys(("PENDING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED"), "waiting"),
    **dict.fromkeys(("SPECIAL_EXIT", "RESV_DEL_HOLD"), "waiting"),
    **dict.fromkeys(("RUNNING", "CONFIGURING", "RESIZING", "SIGNALING"), "running"),
    **dict.fromkeys(("SUSPENDED", "STOPPED"), "suspended"),
    **dict.fromkeys(("COMPLETING", "STAGE_OUT"), "ending"),
}  # every other state is an end


class Slurm:
    """The cluster that this machine's SLURM programs talk to."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._jobs: dict[str, JobState] | None = None  # None: no answer
        self._asked = float("-inf")  # monotonic time of the last answer, or attempt

    def submit(self, script: Path, options: Sequence[str]) -> str:
        """See :class:`Scheduler`."""
        try:
            said = _run("sbatch", "--parsable", *options, str(script))
        except RunError as error:
            raise RequestError(f"{error}{_partitions(str(error))}") from None
        job = said.strip().partition(";")[0]  # "12;cluster"
        if not job.isdigit():
            raise RequestError(f"sbatch gave no job id but {one_line(said)[:200]!r}")
        self._asked = float("-inf")
        return job

    def state(self, job: str, submitted: float) -> JobState:
        """See :class:`Scheduler`."""
        with self._turn:
            if self._is_old(job, submitted):
                self._ask()
            if self._jobs is None:
                return JobState("silent", "the scheduler does not answer")
            return self._jobs.get(job, JobState("unknown"))

    def state_now(self, job: str) -> JobState:
        """See :class:`Scheduler`."""
        with self._turn:
            self._ask(LONGEST)
            if self._jobs is None:
                return JobState("silent", "the scheduler does not answer")
            return self._jobs.get(job, JobState("unknown"))

    def cancel(self, job: str) -> None:
        """See :class:`Scheduler`."""
        self._change("scancel", job)

    def hold(self, job: str) -> None:
        """See :class:`Scheduler`."""
        self._change("scontrol", "uhold", job)

    def release(self, job: str) -> None:
        """See :class:`Scheduler`."""
        self._change("scontrol", "release", job)

    def requeue(self, job: str) -> None:
        """See :class:`Scheduler`."""
        self._change("scontrol", "requeue", job)

    def ending(self, start: Start) -> Ending:
        """See :class:`Scheduler`."""
        try:
            told = _shown(start.job)
        except (RequestError, RunError):
            return "silent"
        restarts = told.get("Restarts", "")
        if told.get("JobState") == "PENDING" or (
            restarts.isdigit() and int(restarts) > start.restarts
        ):
            return "back"
        if told.get("JobState") == "RUNNING":
            return "running"
        preempted = told.get("PreemptTime", "None") not in ("None", "N/A")
        return "scheduler" if preempted or told.get("Reason") == "TimeLimit" else "cancelled"

    def seconds_left(self, job: str) -> float | None:
        """See :class:`Scheduler`."""
        try:
            left = _run("squeue", "--noheader", f"--jobs={job}", "--format=%L").strip()
        except (RequestError, RunError):
            return None
        return float(seconds(left)) if re.fullmatch(TIME, left) and left else None

    def here(self) -> Start | None:
        """See :class:`Scheduler`."""
        told = {name: os.environ.get(f"SLURM_{name}", "") for name in OF_JOB}
        if not told["JOB_ID"].isdigit():
            return None
        restarts, gpus = (
            int(told[name]) if told[name].isdigit() else 0
            for name in ("RESTART_COUNT", "GPUS_ON_NODE")
        )
        return Start(told["JOB_ID"], restarts, tuple(_hosts(told["JOB_NODELIST"])), gpus)

    def on_each_node(self, nodes: int) -> list[str]:
        """See :class:`Scheduler`."""
        cores = os.environ.get("SLURM_CPUS_PER_TASK", "")  # srun does not take it over
        each = [f"--cpus-per-task={cores}"] if cores.isdigit() else []
        number = [f"--nodes={nodes}", f"--ntasks={nodes}", "--ntasks-per-node=1"]
        return ["srun", *number, "--kill-on-bad-exit=1", *each]

    def origin(self, job: str) -> tuple[str, str] | None:
        """See :class:`Scheduler`."""
        try:
            shown = _run("scontrol", "--oneliner", "show", "job", job)
        except (RequestError, RunError):
            return None
        name = re.search(r" JobName=(\S+)", shown)
        folder = re.search(r" WorkDir=(.*?) (?:StdErr|AdminComment|Comment)=", shown)
        return (name.group(1), folder.group(1)) if name and folder else None

    def exit_code(self, job: str) -> int | None:
        """See :class:`Scheduler`."""
        try:
            code = _shown(job).get("ExitCode", "")
        except (RequestError, RunError):
            return None
        status, _, signal = code.partition(":")
        if not (status.isdigit() and signal.isdigit()):
            return None
        return int(status) or (128 + int(signal) if int(signal) else 0)

    def _is_old(self, job: str, submitted: float) -> bool:
        """Whether the last answer is too old for a job."""
        age = time.monotonic() - self._asked
        if self._jobs is None:
            return age > AGAIN
        if job not in self._jobs and abs(time.time() - submitted) < YOUNG:
            return age > 1  # it may have been sent meanwhile
        return age > FRESH

    def _change(self, *command: str) -> None:
        _run(*command)
        self._asked = float("-inf")

    def _ask(self, patience: float = PATIENCE) -> None:
        layout = ",".join(f"{name}:{width}" for name, width in COLUMNS)
        command = ("squeue", "--noheader", "--states=all", f"--user={_user()}", "-O", layout)
        try:
            self._jobs = read_jobs(_run(*command, patience=patience))
        except (RequestError, RunError):
            self._jobs = None
        self._asked = time.monotonic()


def read_jobs(table: str) -> dict[str, JobState]:
    """The jobs of squeue's table, by id."""
    jobs = {}
    for line in table.splitlines():
        cells, start = [], 0
        for _, width in COLUMNS:
            cells.append(line[start : start + width].strip())
            start += width
        job, state, restarts, reason, nodes = cells
        phase = PHASES.get(state, "over")
        if reason in ("None", "(null)"):
            reason = ""
        if phase == "over":
            reason = f"{state}, {reason}" if reason else state
        count = int(restarts) if restarts.isdigit() else 0
        jobs[job] = JobState(phase, one_line(reason), one_line(nodes), count)
    return jobs


def _shown(job: str) -> dict[str, str]:
    """What scontrol shows of a job, by its words."""
    words = _run("scontrol", "--oneliner", "show", "job", job).split()
    return {key: value for key, _, value in (word.partition("=") for word in words)}


def _hosts(short: str) -> list[str]:
    """The nodes that SLURM's short form stands for: ``node[1-2]``."""
    if not any(sign in short for sign in "[,"):
        return [short] if short else []
    return _run("scontrol", "show", "hostnames", short).split()


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user id without a name
        return str(os.getuid())


def _partitions(words: str) -> str:
    """The partitions that there are, where a scheduler's words are about one."""
    if "partition" not in words.lower():
        return ""
    try:
        names = sorted(set(_run("sinfo", "--noheader", "--format=%R").split()))
    except (RequestError, RunError):
        return ""
    return f" (there are {', '.join(names)})" if names else ""


def _run(*command: str, patience: float = LONGEST) -> str:
    """What a program of SLURM prints; its complaint, in one line, is raised as RunError."""
    program = command[0]
    # What the user's shell sets for sbatch would win over what the place says.
    own = {name: value for name, value in os.environ.items() if not name.startswith("SBATCH_")}
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=patience,
            check=False,
            env=own,
        )
    except FileNotFoundError:
        raise RequestError(f"{program} is not on this machine: is SLURM installed here?") from None
    except subprocess.TimeoutExpired:
        raise RunError(f"{program} did not answer within {patience:g} s") from None
    except OSError as error:
        raise RequestError(f"{program} cannot be run: {error.strerror}") from None
    if done.returncode:
        raise RunError(f"{program} refused: {_complaint(program, done.stderr, done.returncode)}")
    return done.stdout.decode(errors="replace")


def _complaint(program: str, said: bytes, status: int) -> str:
    """A program's stderr as one line, each part once and without its own name before it."""
    lines = said.decode(errors="replace").splitlines()
    parts = dict.fromkeys(
        one_line(line.removeprefix(f"{program}: ").removeprefix("error: ")).strip()
        for line in lines
        if line.strip()
    )
    return "; ".join(parts)[:LARGEST] or f"exit status {status}"
