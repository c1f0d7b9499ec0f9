"""Checkpoints: whole or not at all, and never outside their folder."""

from pathlib import Path

import pytest
import torch
from safetensors import SafetensorError

from workbench.training.checkpoints import files as checkpoint
from workbench.training.checkpoints.files import DamagedCheckpointError, Snapshot


def snapshot(step: int) -> Snapshot:
    weights = {"a": torch.full((2, 3), float(step)), "b": torch.arange(4)}
    return Snapshot(step, weights, {"m": torch.ones(2)}, {"seconds": 1.5, "best": None})


def test_comes_back_as_it_was(tmp_path: Path) -> None:
    checkpoint.save(tmp_path, snapshot(3))
    back = checkpoint.load(checkpoint.resolve_link(tmp_path, "last"))
    assert (back.step, back.numbers) == (3, {"seconds": 1.5, "best": None})
    assert torch.equal(back.weights["a"], torch.full((2, 3), 3.0))
    assert torch.equal(back.tensors["m"], torch.ones(2))


def test_keeps_the_two_newest_and_the_best(tmp_path: Path) -> None:
    for step in range(1, 6):
        checkpoint.save(tmp_path, snapshot(step), best=step == 2)
    kept = sorted(path.name for path in tmp_path.glob("step-*"))
    assert kept == ["step-000000002", "step-000000004", "step-000000005"]
    assert checkpoint.resolve_link(tmp_path, "best").name == "step-000000002"
    assert checkpoint.resolve_link(tmp_path, "last").name == "step-000000005"


@pytest.mark.parametrize("name", ["weights.safetensors", "state.safetensors", "state.json"])
@pytest.mark.parametrize("damage", ["cut", "flip", "gone", "pickle"])
def test_damage_is_found_and_the_one_before_is_used(tmp_path: Path, name: str, damage: str) -> None:
    checkpoint.save(tmp_path, snapshot(1))
    checkpoint.save(tmp_path, snapshot(2))
    file = tmp_path / "step-000000002" / name
    content = bytearray(file.read_bytes())
    if damage == "gone":
        file.unlink()
    elif damage == "cut":
        file.write_bytes(content[: len(content) // 2])
    elif damage == "pickle":  # what would run if anything here unpickled
        file.write_bytes(b"cos\nsystem\n(S'touch " + bytes(tmp_path / "ran") + b"'\ntR.")
    else:
        content[0] ^= 255
        file.write_bytes(content)
    found, complaints = checkpoint.load_newest(tmp_path)
    assert found is not None and found.step == 1
    assert len(complaints) == 1 and "step-000000002" in complaints[0]
    assert not (tmp_path / "ran").exists()


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    checkpoint.save(outside, snapshot(1))
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "last").symlink_to(outside / "step-000000001")
    with pytest.raises(DamagedCheckpointError, match="leads out"):
        checkpoint.resolve_link(inside, "last")


def test_a_failed_write_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint.save(tmp_path, snapshot(1))

    def full(*_: object) -> None:  # as the library says it
        raise SafetensorError("Error while serializing: I/O error: No space left on device")

    monkeypatch.setattr(checkpoint, "save_file", full)
    with pytest.raises(OSError, match="No space"):
        checkpoint.save(tmp_path, snapshot(2))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["last", "step-000000001"]
    assert checkpoint.load(checkpoint.resolve_link(tmp_path, "last")).step == 1


def test_the_hash_is_of_bytes_in_the_order_of_names() -> None:
    import hashlib

    weights = {"b": torch.tensor([1.0]), "a": torch.tensor([2], dtype=torch.int64)}
    expected = hashlib.sha256(
        torch.tensor([2], dtype=torch.int64).numpy().tobytes()
        + torch.tensor([1.0]).numpy().tobytes()
    )
    assert checkpoint.weights_hash(weights) == expected.hexdigest()
