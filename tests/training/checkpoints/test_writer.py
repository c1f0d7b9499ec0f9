"""Snapshots written beside the training: the best one marked, failures told once."""

import errno
from pathlib import Path
from typing import Any

import pytest
import torch

from workbench.runs.store.events import EventWriter
from workbench.training.checkpoints import files as checkpoint
from workbench.training.checkpoints.files import Snapshot
from workbench.training.checkpoints.writer import CheckpointWriter


def snapshot(step: int) -> Snapshot:
    return Snapshot(step, {"a": torch.full((2,), float(step))}, {}, {})


def writer(folder: Path, told: list[str]) -> CheckpointWriter:
    return CheckpointWriter(folder, EventWriter(folder / "metrics.jsonl"), told.append)


def test_the_best_snapshot_stays_the_best_until_there_is_a_better_one(tmp_path: Path) -> None:
    told: list[str] = []
    keeper = writer(tmp_path, told)
    for step in range(1, 5):
        keeper.keep(snapshot(step), best=step == 2)
    keeper.wait()
    assert keeper.saved_step == 4 and not keeper.busy and told == []
    assert checkpoint.resolve_link(tmp_path, "best").name == "step-000000002"
    assert checkpoint.resolve_link(tmp_path, "last").name == "step-000000004"


def test_a_failure_is_told_once_and_the_next_snapshot_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    told: list[str] = []
    keeper = writer(tmp_path, told)
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "save", full)
        keeper.keep(snapshot(1))
        keeper.wait()
        keeper.wait()
    words = "the checkpoint of step 1 could not be written: No space left on device"
    assert told == [words] and keeper.saved_step == -1
    keeper.keep(snapshot(2))
    keeper.wait()
    assert told == [words] and keeper.saved_step == 2
