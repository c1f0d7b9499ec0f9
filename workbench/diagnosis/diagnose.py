"""All rules on one run, what is worst first."""

from collections.abc import Callable, Iterator
from typing import Any

from workbench.diagnosis import fitting, learning, speed
from workbench.diagnosis.finding import ORDER, Case, Finding
from workbench.diagnosis.intervals import wilson
from workbench.runs.history.state import RunState
from workbench.runs.store.events import read_events
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.record import read_record

RULES: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    learning.diverged,
    learning.not_learning,
    learning.jumps,
    learning.too_short,
    fitting.overfitting,
    fitting.underfitting,
    fitting.class_never_predicted,
    fitting.validation_too_small,
    speed.throughput_fell,
    speed.memory_full,
    speed.host_bound,
)


def diagnose(case: Case) -> list[Finding]:
    """What is wrong or slow, the worst first."""
    found = [finding for rule in RULES for finding in rule(case)]
    if any(finding.name in ("diverged", "not-learning") for finding in found):
        # What follows from it is no finding of its own.
        found = [f for f in found if f.name not in ("class-never-predicted", "underfitting")]
    return sorted(found, key=lambda finding: ORDER[finding.severity])


def read_case(folder: RunFolder) -> Case:
    """A run's events and record."""
    state = RunState().fold(read_events(folder.metrics)) if folder.metrics.exists() else RunState()
    return Case(state, read_record(folder.record))


def accuracies(case: Case) -> dict[str, dict[str, Any]]:
    """Validation and test accuracy, 0 to 1, with images and 95 % interval; what is known."""
    data, found = case.record.get("data", {}), {}
    seen, tested = case.column("val_accuracy"), case.state.test.get("test_accuracy")
    for split, value in (("validation", seen[-1] if seen else None), ("test", tested)):
        images = data.get(split)
        if isinstance(value, int | float) and isinstance(images, int) and images:
            low, high = wilson(round(value * images), images)
            found[split] = {"accuracy": value, "images": images, "low": low, "high": high}
    return found
