"""The schedulers by the kind of their places: another kind is another file and a line here."""

from workbench.runs.places.job import Scheduler
from workbench.runs.places.slurm import Slurm

SCHEDULERS: dict[str, Scheduler] = {"slurm": Slurm()}
