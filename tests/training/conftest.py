"""Small real trainings: the embedded digits, a few steps, one thread."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workbench.config.fitting import resolve
from workbench.config.presets import load_preset
from workbench.runs.live.launch import prepare
from workbench.runs.store.events import Event, read_events
from workbench.runs.store.folder import RunFolder

SMALL = {
    "train.epochs": 2,
    "data.limit": 256,  # 230 to train on: 4 steps an epoch
    "train.batch_size": 50,
    "model.width": 8,
    "train.threads": 1,
    "train.precision": "float32",
}
MEASURED = ("time", "seconds", "images_per_second")

Prepare = Callable[..., RunFolder]


@pytest.fixture
def new_run(tmp_path: Path) -> Prepare:
    """Make the folder of a small digits run, with dotted changes."""

    def make(name: str = "run", **changes: Any) -> RunFolder:
        dotted = {key.replace("__", "."): value for key, value in changes.items()}
        base = {k: v for k, v in SMALL.items() if k != "model.width" or "model.kind" not in dotted}
        config = load_preset("quick/digits", base | dotted)
        return prepare(resolve(config, None), tmp_path / "runs", name)

    return make


def training_events(folder: RunFolder) -> list[Event]:
    """What a run computed, without what it measured of the machine."""
    return [
        {key: value for key, value in event.items() if key not in MEASURED}
        for event in read_events(folder.metrics)
        if event["event"] in ("step", "epoch", "test")
    ]
