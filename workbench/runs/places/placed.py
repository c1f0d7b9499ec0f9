"""``place.toml`` of a run that trains elsewhere: which job it is, and what was asked of it."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import tomli_w

from workbench.errors import RunError
from workbench.runs.places.job import JobState, Scheduler
from workbench.runs.places.schedulers import SCHEDULERS
from workbench.runs.places.script import job_name
from workbench.runs.store.atomic import write_atomically
from workbench.runs.store.files import tables_or_empty
from workbench.runs.store.folder import RunFolder

SETTLE = 60.0  # seconds that a job may take to end on its node


@dataclass(frozen=True)
class Placed:
    """The job of a run that somebody sent to a scheduler."""

    name: str  # of the place
    kind: str
    job: str
    submitted: float  # Unix time
    asked: Mapping[str, Any] = field(default_factory=dict)  # the place's keys
    held: bool = False  # it was paused while it waited
    stopped: bool = False  # it was taken back while it waited

    @property
    def scheduler(self) -> Scheduler:
        """Who has the job."""
        return SCHEDULERS[self.kind]

    def state(self) -> JobState:
        """The job as the scheduler sees it, some seconds old at most."""
        return self.scheduler.state(self.job, self.submitted)

    def write(self, folder: RunFolder) -> None:
        """Replace the run's file; raises RunError where it cannot be written."""
        table = {
            "name": self.name,
            "kind": self.kind,
            "job": self.job,
            "submitted": self.submitted,
            "held": self.held,
            "stopped": self.stopped,
            "asked": dict(self.asked),
        }
        try:
            write_atomically(folder.place, tomli_w.dumps(table).encode())
        except OSError as error:
            raise RunError(f"{folder.place}: cannot be written: {error.strerror}") from None


@dataclass(frozen=True)
class Begun:
    """What a job wrote into ``launch.toml`` when it started the run's worker."""

    place: str
    kind: str
    job: str
    restarts: int  # how often the job had been in the queue again
    nodes: tuple[str, ...]
    again: bool = False  # it was told to end, and means to go back to the queue
    known: bool = True  # who the worker is; False until its record says so

    def as_table(self) -> dict[str, Any]:
        """As the table ``job`` of ``launch.toml``."""
        return {
            "place": self.place,
            "kind": self.kind,
            "id": self.job,
            "restarts": self.restarts,
            "nodes": list(self.nodes),
            "again": self.again,
            "known": self.known,
        }


def read_placed(folder: RunFolder) -> Placed | None:
    """The job that a run was sent as; None for a run of this machine, or a damaged file."""
    table = tables_or_empty(folder.place)
    names = [table.get(key) for key in ("name", "kind", "job")]
    submitted, asked = table.get("submitted"), table.get("asked", {})
    if not all(isinstance(name, str) and name for name in names) or names[1] not in SCHEDULERS:
        return None
    if not isinstance(submitted, int | float) or not isinstance(asked, dict):
        return None
    held, stopped = table.get("held") is True, table.get("stopped") is True
    name, kind, job = map(str, names)
    if not job.isdigit():  # it becomes an argument of the scheduler's programs
        return None
    return Placed(name, kind, job, float(submitted), asked, held, stopped)


def read_begun(folder: RunFolder) -> Begun | None:
    """The job that started the run's worker last; None where that was no job."""
    table = tables_or_empty(folder.launch).get("job")
    if not isinstance(table, dict):
        return None
    names = [table.get(key) for key in ("place", "kind", "id")]
    restarts, nodes = table.get("restarts"), table.get("nodes")
    if not all(isinstance(name, str) for name in names) or type(restarts) is not int:
        return None
    if not isinstance(nodes, list) or not all(isinstance(node, str) for node in nodes):
        return None
    place, kind, job = map(str, names)
    again, known = table.get("again") is True, table.get("known") is not False
    return Begun(place, kind, job, restarts, tuple(nodes), again, known)


def place_now(folder: RunFolder) -> dict[str, Any]:
    """As :func:`place_of`, of a run that waits in a scheduler too: it has no nodes yet."""
    placed, begun = read_placed(folder), read_begun(folder)
    if placed is None:
        return {}
    if begun and begun.job == placed.job:
        return place_of(folder)
    asked = {key: value for key, value in placed.asked.items() if key != "nodes"}
    return {"name": placed.name, "kind": placed.kind, "job": placed.job, "nodes": [], **asked}


def place_of(folder: RunFolder) -> dict[str, Any]:
    """The record's ``[place]``: name, kind, job, nodes, and what was asked for; {} for here."""
    placed, begun = read_placed(folder), read_begun(folder)
    if begun is None:
        return {}
    asked = dict(placed.asked) if placed and placed.job == begun.job else {}
    asked.pop("nodes", None)  # how many: the list has them
    own = {"name": begun.place, "kind": begun.kind, "job": begun.job, "nodes": list(begun.nodes)}
    return {**own, "restarts": begun.restarts, **asked}


def ask_waiting(folder: RunFolder, placed: Placed, request: str) -> None:
    """Stop, pause or let go on a run that waits in a scheduler, by its job.

    Raises :class:`RunError` with the scheduler's words, and where the job is another run's: the
    folder may be a stranger's, and name any job.
    """
    origin = placed.scheduler.origin(placed.job)
    if origin and not _is_of(folder, *origin):
        raise RunError(f"job {placed.job} is not of run {folder.id}: it is {origin[0]}")
    if request == "stop":
        _cancel(placed)
        replace(placed, stopped=True).write(folder)
    elif request == "pause":
        placed.scheduler.hold(placed.job)
        replace(placed, held=True).write(folder)
    elif request == "run":
        placed.scheduler.release(placed.job)
        replace(placed, held=False).write(folder)
    else:
        raise RunError(f"run {folder.id} waits in the queue of {placed.name}: nothing to {request}")


def _is_of(folder: RunFolder, name: str, works_in: str) -> bool:
    """Whether a job of this name, in this folder, was sent for a run."""
    here = os.path.realpath(folder.path.parent)
    return name == job_name(folder.id) and os.path.realpath(works_in) == here


def _cancel(placed: Placed) -> None:
    """Take a job back; one between two starts cannot be cancelled until it waits again."""
    until = time.monotonic() + SETTLE
    while (now := placed.scheduler.state_now(placed.job)).phase == "ending":
        if time.monotonic() > until:
            break
        time.sleep(0.5)
    if now.phase not in ("over", "unknown"):
        placed.scheduler.cancel(placed.job)


def sent(name: str, kind: str, job: str, asked: Mapping[str, Any]) -> Placed:
    """A job that was sent this very moment."""
    return Placed(name, kind, job, time.time(), asked)
