"""What a scheduler says of a job, and what it can be asked: the same for every kind."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

Ending = Literal["running", "scheduler", "back", "cancelled", "silent"]
Phase = Literal["waiting", "running", "suspended", "ending", "over", "unknown", "silent"]


@dataclass(frozen=True)
class JobState:
    """A job as its scheduler sees it now.

    ``unknown``: the scheduler has no such job (any more). ``silent``: it does not answer.
    """

    phase: Phase
    reason: str = ""  # why it waits, or what it came to
    nodes: str = ""  # where it runs, in the scheduler's own short form
    restarts: int = 0  # how often it went back to the queue


@dataclass(frozen=True)
class Start:
    """The job that this process runs in, on the first of its nodes."""

    job: str
    restarts: int
    nodes: tuple[str, ...]
    gpus: int  # of this node


class Scheduler(Protocol):
    """A kind of place: jobs are sent to it, watched, held and taken back."""

    def submit(self, script: Path, options: Sequence[str]) -> str:
        """Send a job; returns its id. Raises RequestError with the scheduler's own words."""

    def state(self, job: str, submitted: float) -> JobState:
        """The state of a job by an answer for all jobs that is at most some seconds old.

        ``submitted``: when the job was sent, Unix time. Never waits for more than two seconds.
        """

    def state_now(self, job: str) -> JobState:
        """As :meth:`state`, but asked for anew."""

    def cancel(self, job: str) -> None:
        """Take a job back; raises RunError with the scheduler's own words."""

    def hold(self, job: str) -> None:
        """Keep a waiting job from starting; raises as :meth:`cancel`."""

    def release(self, job: str) -> None:
        """Let a held job start; raises as :meth:`cancel`."""

    def ending(self, start: "Start") -> Ending:
        """Why the job that this process runs in has to end.

        ``running``: it was only warned. ``scheduler``: its time is over, or others need the node.
        ``back``: that, and it is on its way back to the queue. ``cancelled``: by a person.
        """

    def requeue(self, job: str) -> None:
        """End a running job and let it wait again; raises as :meth:`cancel`."""

    def seconds_left(self, job: str) -> float | None:
        """Seconds until a running job's time is over; None where it has no end, or none is told."""

    def here(self) -> Start | None:
        """The job that this process runs in; None outside of one. Raises as :meth:`cancel`."""

    def on_each_node(self, nodes: int) -> list[str]:
        """What starts the command that follows it once on each node of the job."""

    def origin(self, job: str) -> tuple[str, str] | None:
        """A job's name and the folder that it works in; None where they cannot be told."""

    def exit_code(self, job: str) -> int | None:
        """The exit status of a job's script; None where it cannot be told."""
