"""Estimates how long a preset will take, by earlier runs of it on this machine."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from workbench.config import RunConfig
from workbench.errors import WorkbenchError
from workbench.runs.store.folder import RunFolder, list_folders
from workbench.runs.store.record import read_record
from workbench.ui.widgets.formatting import duration

LOOKED_AT = 50  # the newest runs of the preset


@dataclass(frozen=True)
class PastRun:
    """A finished run: its configuration and seconds."""

    config: RunConfig
    seconds: float

    def seconds_for(self, config: RunConfig) -> float | None:
        """The seconds that ``config`` would take at this run's speed; None if they differ."""
        mine, other = self.config, config
        same = (
            mine.model == other.model
            and mine.input_shape == other.input_shape
            and mine.data.name == other.data.name
            and mine.train.batch_size == other.train.batch_size
            and mine.train.device == other.train.device
            and mine.train.by_steps == other.train.by_steps
        )
        before, now = mine.train.epochs or mine.train.steps, other.train.epochs or other.train.steps
        return self.seconds / before * now if same else None


def past_runs(root: Path, preset: str) -> list[PastRun]:
    """Finished runs of a preset, the newest first."""
    stem = preset.rpartition("/")[2]
    try:
        folders = [folder for folder in list_folders(root) if folder.id.startswith(stem)]
    except WorkbenchError:
        return []
    folders.sort(key=_age, reverse=True)
    found = [_read(folder, preset) for folder in folders[:LOOKED_AT]]
    return [run for run in found if run is not None]


def estimate(runs: Iterable[PastRun], config: RunConfig) -> str:
    """``≈ 1h 52m at last speed``, or "" without a similar run."""
    for run in runs:
        seconds = run.seconds_for(config)
        if seconds is not None:
            return f"≈ {duration(seconds)} at last speed"
    return ""


def _age(folder: RunFolder) -> float:
    try:
        return folder.config.stat().st_mtime
    except OSError:
        return 0.0


def _read(folder: RunFolder, preset: str) -> PastRun | None:
    run = read_record(folder.record).get("run", {})
    seconds = run.get("seconds")
    if run.get("status") != "finished" or run.get("preset") != preset or not seconds:
        return None
    try:
        return PastRun(folder.read_config(), float(seconds))
    except WorkbenchError:
        return None
