"""The source of a coordinator's runs, and the one of a plan."""

from collections.abc import Sequence
from typing import Protocol

from workbench.runs.history.run_info import RunInfo
from workbench.runs.history.state import RunState
from workbench.sweeps.plan import PlannedRun


class Source(Protocol):
    """Gives runs one by one, and is told their results."""

    @property
    def total(self) -> int:
        """The number of runs."""

    def known(self) -> Sequence[PlannedRun]:
        """The runs that may have begun already."""

    def next(self) -> PlannedRun | None:
        """The next run; None if there is none."""

    def ended(self, run: PlannedRun, info: RunInfo) -> None:
        """Be told that a run has ended."""

    def is_hopeless(self, run: PlannedRun, state: RunState) -> bool:
        """Whether to end a live run early; True once."""

    def gave_up(self, run: PlannedRun) -> bool:
        """Whether a stopped run was ended early and must not be resumed."""


class Planned:
    """The runs of a plan, in its order."""

    def __init__(self, runs: Sequence[PlannedRun]) -> None:
        self._runs = list(runs)
        self._given = 0

    @property
    def total(self) -> int:
        """The number of runs."""
        return len(self._runs)

    def known(self) -> Sequence[PlannedRun]:
        """All runs of the plan."""
        return self._runs

    def next(self) -> PlannedRun | None:
        """The next run of the plan."""
        if self._given == len(self._runs):
            return None
        self._given += 1
        return self._runs[self._given - 1]

    def ended(self, run: PlannedRun, info: RunInfo) -> None:
        """Does nothing: a plan does not depend on results."""

    def is_hopeless(self, run: PlannedRun, state: RunState) -> bool:
        """A plan ends no run early."""
        return False

    def gave_up(self, run: PlannedRun) -> bool:
        """A plan ends no run early."""
        return False
