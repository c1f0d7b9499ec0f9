"""One place of ``places.toml``: what a kind of place is asked for, each value checked.

Values end up in ``#SBATCH`` lines: patterns without white space, quotes and backslashes keep each
one a single option.
"""

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, field_validator

from workbench.config.sections.base import Section, setting

WORD = r"[A-Za-z0-9][A-Za-z0-9._+-]*"
NAMES = rf"^({WORD}(,{WORD})*)?$"
CONSTRAINT = r"^([A-Za-z0-9][A-Za-z0-9._:+*&|()\[\]-]*)?$"
MEMORY = r"^(\d+[KMGT]?)?$"
TIME = r"^(\d+|\d+:\d\d|\d+:\d\d:\d\d|\d+-\d+|\d+-\d+:\d\d|\d+-\d+:\d\d:\d\d)?$"
OPTION = re.compile(r"[a-z][a-z0-9-]*")
VALUE = re.compile(r"[^\s\"'\\#`$]*")
# What the program sets itself, and what would make something else of the job.
RESERVED = (
    *("array", "chdir", "error", "hold", "input", "job-name", "no-requeue", "open-mode"),
    *("output", "parsable", "quiet", "requeue", "signal", "test-only", "wait", "wrap"),
)
OWN = {
    **{name: name for name in ("partition", "account", "qos", "constraint", "nodes", "time")},
    **{"gpus-per-node": "gpus", "cpus-per-task": "cpus", "mem": "memory"},
}


def _lines(value: Any) -> Any:
    return value.splitlines() if isinstance(value, str) else value


class SlurmPlace(Section):
    """A SLURM cluster, and what a job there asks for; what is empty is left to the cluster."""

    kind: Literal["slurm"] = setting("slurm", "Which scheduler.")
    partition: str = setting("", "One partition, or several with commas.", pattern=NAMES)
    account: str = setting("", "The account that pays: letters, digits and -_.", pattern=NAMES)
    qos: str = setting("", "The quality of service: letters, digits and -_.", pattern=NAMES)
    constraint: str = setting("", "Features of the nodes, as in a100|h100.", pattern=CONSTRAINT)
    gpus: int = setting(0, "GPUs of each node.", ge=0, le=1024)
    nodes: int = setting(1, "Nodes; more than one train one run together.", ge=1, le=4096)
    cpus: int = setting(0, "CPU cores of each node; 0: as the cluster gives.", ge=0, le=65536)
    memory: str = setting("", "Memory of each node with its unit, as in 32G.", pattern=MEMORY)
    time: str = setting(
        "", "The longest a job may take: minutes, H:MM:SS, D-HH or D-HH:MM:SS.", pattern=TIME
    )
    warning: int = setting(
        120, "How long before its time is over a job saves and ends.", unit="s", ge=1, le=65535
    )
    setup: Annotated[list[str], BeforeValidator(_lines)] = setting(
        [], "Shell lines before the worker, such as module load."
    )
    python: str = setting("", "The Python on the nodes; empty: the one that runs this.")
    requeue: bool = setting(True, "Go on in a new job after time-out, preemption, a lost node.")
    extra: dict[str, str | int | bool] = setting({}, "Further options of sbatch.")

    @field_validator("setup")
    @classmethod
    def _one_line_each(cls, lines: list[str]) -> list[str]:
        for line in lines:
            if "\0" in line or "\n" in line or "\r" in line:
                raise ValueError(f"must be one shell line each (got {line!r})")
        return lines

    @field_validator("python")
    @classmethod
    def _a_program(cls, python: str) -> str:
        if not python.isprintable() or python.startswith("-"):
            raise ValueError(f"must be the path or name of a Python (got {python!r})")
        return python

    @field_validator("extra")
    @classmethod
    def _further_options(cls, options: dict[str, str | int | bool]) -> dict[str, str | int | bool]:
        for name, value in options.items():
            if not OPTION.fullmatch(name):
                raise ValueError(f"{name!r} must be a long option of sbatch, without the --")
            if name in OWN:
                raise ValueError(f"{name!r} has a key of its own: {OWN[name]}")
            if name in RESERVED:
                raise ValueError(f"{name!r} is set by workbench")
            if isinstance(value, str) and not VALUE.fullmatch(value):
                raise ValueError(f"{name!r} must have no white space, quotes, \\, #, ` or $")
        return options


KINDS: dict[str, type[SlurmPlace]] = {"slurm": SlurmPlace}
