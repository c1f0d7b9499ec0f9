"""The script of a batch job: its options, the user's set-up lines, and the run's worker."""

import re
import shlex
from collections.abc import Iterator, Sequence

from workbench.runs.places.section import SlurmPlace

SAFE = re.compile(r"[^A-Za-z0-9._-]")
MINUTE = 60


def script(place: SlurmPlace, command: Sequence[str], before: Sequence[str] = ()) -> str:
    """The text of a script that makes ready as the place says and then becomes ``command``.

    ``before`` are shell lines of ours before those of the user.
    """
    lines = [f"#SBATCH --{option}" for option in options(place)]
    quoted = " ".join(shlex.quote(part) for part in command)
    return "\n".join(["#!/bin/bash", *lines, *before, *place.setup, f"exec {quoted}", ""])


def options(place: SlurmPlace) -> Iterator[str]:
    """The options of sbatch that a place asks for, without the leading dashes."""
    yield f"nodes={place.nodes}"
    yield "ntasks-per-node=1"
    asked = {
        "partition": place.partition,
        "account": place.account,
        "qos": place.qos,
        "constraint": place.constraint,
        "gpus-per-node": place.gpus,
        "cpus-per-task": place.cpus,
        "mem": place.memory,
        "time": place.time,
    }
    for name, value in asked.items():
        if value:
            yield f"{name}={value}"
    yield f"signal=B:TERM@{warning(place)}"
    yield "requeue" if place.requeue else "no-requeue"
    for name, value in place.extra.items():
        if value is True:
            yield name
        elif value is not False:
            yield f"{name}={value}"


def job_name(run: str) -> str:
    """What the job of a run is called."""
    return f"workbench-{SAFE.sub('_', run)}"


def files(folder: str, log: str, name: str) -> list[str]:
    """The options that name a job and its files; as arguments, where no quoting is needed."""
    return [
        f"--job-name={name}",
        f"--chdir={folder}",
        f"--output={log.replace('%', '%%')}",
        "--open-mode=append",
    ]


def warning(place: SlurmPlace) -> int:
    """Seconds before the end at which a job is told; never more than a quarter of its time.

    SLURM looks every half minute, and tells a job as much earlier.
    """
    limit = seconds(place.time)
    return max(1, min(place.warning, limit // 4)) if limit else place.warning


def seconds(time: str) -> int:
    """A time limit as SLURM reads it: ``30`` is minutes, ``1:30:00``, ``2-12``; "" is 0."""
    if not time:
        return 0
    days, dash, rest = time.rpartition("-")
    parts = [int(part) for part in rest.split(":")]
    if dash:  # hours first
        hours, minutes, rest_seconds = (*parts, 0, 0)[:3]
    elif len(parts) == 3:
        hours, minutes, rest_seconds = parts
    else:  # minutes first
        hours, (minutes, rest_seconds) = 0, (*parts, 0)[:2]
    return ((int(days or 0) * 24 + hours) * 60 + minutes) * MINUTE + rest_seconds
