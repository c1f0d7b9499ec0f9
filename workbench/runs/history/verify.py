"""Compares a replay with the run that it repeats, metric by metric and step by step."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.runs.store.events import Event, read_events
from workbench.runs.store.files import read_bytes
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.record import Record, read_record
from workbench.system.regular_files import read_regular

MEASURED = {  # of the machine and the moment, not of the training
    "time", "seconds", "images_per_second", "val_seconds",
}  # fmt: skip
COMPARED = ("step", "epoch", "test")
SAME_FOR_EXACT = {
    "torch": "another torch",
    "device": "another device",
    "processor": "another processor",
    "precision": "another precision",
    "compile": "compiled otherwise",
    "threads": "another number of threads",
    "git_commit": "other source code",
    "workbench": "another version of the workbench",
    "plugins": "another version of a plugin",
}
MOST_SOURCE = 1_000_000  # bytes of a module
TOLERANCE = 0.05  # of a loss, relative, where exactness cannot be promised
ACCURACY_TOLERANCE = 0.02  # of an accuracy, absolute


@dataclass(frozen=True)
class Verdict:
    """The result of a comparison of two runs."""

    exact: bool  # whether equality to the bit was asked of it
    why_not_exact: list[str]
    steps: int  # steps compared
    difference: str  # the first one, in words; "" if there is none
    first_step: int | None  # the step at which it was
    weights_equal: bool

    @property
    def same(self) -> bool:
        """True if no difference was found."""
        return not self.difference


def verify(original: RunFolder, replay: RunFolder) -> Verdict:
    """Compare two finished runs of the same configuration."""
    before, after = read_record(original.record), read_record(replay.record)
    reasons = why_not_exact(before, after)
    exact = not reasons
    old = [event for event in read_events(original.metrics) if event["event"] in COMPARED]
    new = [event for event in read_events(replay.metrics) if event["event"] in COMPARED]
    difference, step = _first_difference(old, new, exact)
    hashes = [record.get("result", {}).get("weights_sha256") for record in (before, after)]
    weights_equal = hashes[0] is not None and hashes[0] == hashes[1]
    if exact and not difference and not weights_equal:
        difference = f"the final weights differ: {hashes[0]} before, {hashes[1]} now"
    steps = sum(event["event"] == "step" for event in new)
    return Verdict(exact, reasons, steps, difference, step, weights_equal)


def why_not_exact(before: Record, after: Record) -> list[str]:
    """Reasons why two runs need not be equal to the bit; [] if they must be."""
    old, new = before.get("environment", {}), after.get("environment", {})
    reasons = [
        f"{words} ({old.get(key)} before, {new.get(key)} now)"
        for key, words in SAME_FOR_EXACT.items()
        if old.get(key) != new.get(key)
    ]
    if not new.get("deterministic", True):
        reasons.append("train.deterministic is off")
    weights = [record.get("weights", {}).get("sha256") for record in (before, after)]
    if weights[0] != weights[1]:
        reasons.append("the file of model.weights has changed")
    sources = [record.get("source", {}) for record in (before, after)]
    if sources[0].get("sha256") != sources[1].get("sha256"):
        reasons.append(f"your own code has changed ({', '.join(sources[1].get('files', []))})")
    if any(source.get("changed_on_resume") for source in sources):
        reasons.append("your own code was changed while the run was stopped")
    hashes = [record.get("data", {}).get("hash") for record in (before, after)]
    if hashes[0] != hashes[1]:
        reasons.append("the data has changed (its hash differs)")
    return reasons


def changed_sources(run: RunFolder) -> str:
    """Which of the user's modules are not what a run was trained with; "" where all are.

    They are compared with the copies in its folder; nothing is imported.
    """
    source = read_record(run.record).get("source", {})
    root, files = source.get("folder"), source.get("files")
    if not isinstance(root, str) or not isinstance(files, list):
        return ""
    changed = []
    for name in map(str, files):
        copy, now = run.path / "source" / name, Path(root) / name
        try:
            same = read_bytes(copy, MOST_SOURCE, below=name.count("/") + 1) == read_regular(
                now, MOST_SOURCE
            )
        except OSError:
            same = False
        if not same:
            changed.append(name)
    return ", ".join(changed)


def _first_difference(old: list[Event], new: list[Event], exact: bool) -> tuple[str, int | None]:
    for before, after in zip(old, new, strict=False):
        step = after.get("step", before.get("step"))
        if before["event"] != after["event"]:
            return f"{before['event']} before, {after['event']} now", step
        for key in before:
            if key in MEASURED or (isinstance(before[key], dict | list) and not exact):
                continue
            if not _agree(key, before[key], after.get(key), exact):
                where = f"step {step}" if step is not None else "the test"
                return f"{key} at {where}: {before[key]!r} before, {after.get(key)!r} now", step
    if len(old) != len(new):
        return f"{len(old)} events before, {len(new)} now", None
    return "", None


def _agree(key: str, before: Any, after: Any, exact: bool) -> bool:
    if exact or not isinstance(before, float) or not isinstance(after, float):
        counts = isinstance(before, int) and key not in ("step", "epoch", "total")
        return before == after or (not exact and counts)
    if "accuracy" in key:
        return abs(before - after) <= ACCURACY_TOLERANCE
    return math.isclose(before, after, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
