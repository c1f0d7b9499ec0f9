"""Children and replays, and the comparison of a replay with its original."""

from pathlib import Path
from typing import Any

import pytest
import tomli

from workbench.config import read_config
from workbench.config.presets import load_preset
from workbench.errors import RequestError, RunError
from workbench.runs.history.verify import verify
from workbench.runs.live.launch import prepare
from workbench.runs.live.lineage import make_child, make_replay
from workbench.runs.store.events import EventWriter
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.record import write_record

ENVIRONMENT = {"torch": "2.14.1", "device": "cpu", "deterministic": True, "threads": 2}


def ended(root: Path, name: str, losses: list[float], **environment: Any) -> RunFolder:
    """A finished run with these losses."""
    folder = prepare(load_preset("quick/digits"), root, name)
    writer = EventWriter(folder.metrics)
    for step, loss in enumerate(losses, 1):
        writer.add({"event": "step", "time": step, "step": step, "epoch": 1, "loss": loss})
    writer.close()
    write_record(
        folder.record,
        {
            "run": {"status": "finished"},
            "result": {"weights_sha256": str(losses)},
            "environment": ENVIRONMENT | environment,
            "data": {"hash": "h"},
        },
    )
    return folder


def test_equal_runs_are_equal(tmp_path: Path) -> None:
    verdict = verify(ended(tmp_path, "a", [3.0, 2.0]), ended(tmp_path, "b", [3.0, 2.0]))
    assert verdict.exact and verdict.same and verdict.weights_equal and verdict.steps == 2


def test_the_first_difference_is_named(tmp_path: Path) -> None:
    old, new = ended(tmp_path, "a", [3.0, 2.0, 1.0]), ended(tmp_path, "b", [3.0, 2.0000001, 0.5])
    verdict = verify(old, new)
    assert not verdict.same and verdict.first_step == 2
    assert verdict.difference == "loss at step 2: 2.0 before, 2.0000001 now"


def test_another_torch_is_compared_within_a_tolerance_and_says_why(tmp_path: Path) -> None:
    old = ended(tmp_path, "a", [3.0, 2.0])
    close = verify(old, ended(tmp_path, "b", [3.0, 2.01], torch="2.15.0"))
    assert not close.exact and close.same
    assert close.why_not_exact == ["another torch (2.14.1 before, 2.15.0 now)"]
    assert not verify(old, ended(tmp_path, "c", [3.0, 2.5], torch="2.15.0")).same


def test_a_run_that_is_cut_short_differs(tmp_path: Path) -> None:
    verdict = verify(ended(tmp_path, "a", [3.0, 2.0]), ended(tmp_path, "b", [3.0]))
    assert verdict.difference == "2 events before, 1 now"


def test_a_child_takes_the_checkpoint_and_names_its_parent(tmp_path: Path) -> None:
    parent = ended(tmp_path, "parent", [3.0])
    step = parent.checkpoints / "step-000000001"
    step.mkdir(parents=True)
    (step / "weights.safetensors").write_text("w")
    (parent.checkpoints / "last").symlink_to(step.name)
    child = make_child(parent, {"train.epochs": 50}, tmp_path)
    assert read_config(child.config).train.epochs == 50
    assert (child.checkpoints / "last" / "weights.safetensors").read_text() == "w"
    assert child.metrics.read_text() == parent.metrics.read_text()
    assert tomli.loads(child.parent.read_text()) == {
        "parent": "parent",
        "changes": {"train.epochs": "20 → 50"},
    }


def test_a_child_cannot_be_another_network(tmp_path: Path) -> None:
    parent = ended(tmp_path, "parent", [3.0])
    with pytest.raises(RequestError, match=r"model\.width: a checkpoint is of its model"):
        make_child(parent, {"model.width": 8}, tmp_path)
    with pytest.raises(RunError, match="no checkpoint"):
        make_child(parent, {"train.epochs": 50}, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["parent"]


def test_a_replay_has_the_same_configuration(tmp_path: Path) -> None:
    original = ended(tmp_path, "a", [3.0])
    replay = make_replay(original, tmp_path)
    assert replay.config.read_text() == original.config.read_text()
    assert tomli.loads(replay.parent.read_text()) == {"replay_of": "a"}
