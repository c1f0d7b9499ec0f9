"""Where a coordinator's runs come from: a list that is known beforehand."""

from collections.abc import Sequence
from typing import Protocol

from workbench.runs.history.run_info import RunInfo
from workbench.runs.history.state import RunState
from workbench.sweeps.plan import PlannedRun


class Source(Protocol):
    """Gives one run after the other, and hears what came of them."""

    @property
    def total(self) -> int:
        """How many runs there will be."""

    def known(self) -> Sequence[PlannedRun]:
        """The runs that this or an earlier coordinator may have begun."""

    def next(self) -> PlannedRun | None:
        """One more; None where there is no more."""

    def ended(self, run: PlannedRun, info: RunInfo) -> None:
        """Hear that a run has ended, however it did."""

    def is_hopeless(self, run: PlannedRun, state: RunState) -> bool:
        """Whether a live run is to be ended early; True once."""

    def gave_up(self, run: PlannedRun) -> bool:
        """Whether a stopped run was ended early, and is not to be resumed."""


class Planned:
    """The runs of a plan, in its order."""

    def __init__(self, runs: Sequence[PlannedRun]) -> None:
        self._runs = list(runs)
        self._given = 0

    @property
    def total(self) -> int:
        """How many runs there will be."""
        return len(self._runs)

    def known(self) -> Sequence[PlannedRun]:
        """All of them: which have begun, their folders tell."""
        return self._runs

    def next(self) -> PlannedRun | None:
        """The next of the plan."""
        if self._given == len(self._runs):
            return None
        self._given += 1
        return self._runs[self._given - 1]

    def ended(self, run: PlannedRun, info: RunInfo) -> None:
        """A plan learns nothing from its runs."""

    def is_hopeless(self, run: PlannedRun, state: RunState) -> bool:
        """A plan ends no run early."""
        return False

    def gave_up(self, run: PlannedRun) -> bool:
        """A plan ends no run early."""
        return False
