"""What the rules look at, and what they say."""

from dataclasses import dataclass, field
from typing import Any, Literal

from workbench.runs.history.state import RunState
from workbench.runs.store.record import Record

Severity = Literal["problem", "warning", "note"]
ORDER: dict[str, int] = {"problem": 0, "warning": 1, "note": 2}


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong or slow, the numbers that show it, and what to change."""

    name: str  # stable, for scripts
    severity: Severity
    title: str
    evidence: str
    advice: str
    keys: tuple[str, ...] = ()  # of the configuration
    since_epoch: int | None = None

    def as_json(self) -> dict[str, Any]:
        """The document of ``diagnose --json``."""
        return vars(self) | {"keys": list(self.keys)}


@dataclass(frozen=True)
class Case:
    """A run as its events and its record tell of it."""

    state: RunState
    record: Record = field(default_factory=dict)

    @property
    def rows(self) -> list[dict[str, float]]:
        """The numbers of each epoch."""
        return self.state.epoch_rows

    @property
    def classes(self) -> int:
        """How many classes there are; 0 where that is not known."""
        return len(self.state.classes)

    @property
    def classifies(self) -> bool:
        """Whether chance is a guess among classes."""
        return bool(self.state.start.get("task", "classification") == "classification")

    def column(self, name: str) -> list[float]:
        """A number of every epoch; [] where an epoch lacks it."""
        found = [row[name] for row in self.rows if isinstance(row.get(name), int | float)]
        return found if len(found) == len(self.rows) else []
