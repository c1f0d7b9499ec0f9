"""What goes wrong inside a training, and what the user is told."""

from typing import Any

import pytest
import torch

from tests.training.conftest import Prepare
from workbench.runs.store.events import read_events
from workbench.runs.store.record import read_record
from workbench.tasks.classification import Classification
from workbench.training.checkpoints.files import load_newest
from workbench.training.loop.batches import Batches
from workbench.training.worker import main as worker


def failure(folder: Any) -> str:
    assert worker.work(folder) == 1
    record = read_record(folder.record)
    assert record["run"]["status"] == "failed"
    return str(record["error"]["message"])


def test_divergence_ends_the_run_and_leaves_a_sound_checkpoint(new_run: Prepare) -> None:
    folder = new_run(optimizer__kind="sgd", optimizer__lr=100.0, train__epochs=20)
    text = failure(folder)
    assert "not finite" in text and "step" in text and "optimizer.lr" in text
    # What a resume or a child goes on from was taken before.
    snapshot, _ = load_newest(folder.checkpoints)
    assert snapshot is not None
    assert all(torch.isfinite(value).all() for value in snapshot.weights.values())


def test_a_poisoned_image_names_step_batch_and_layer(
    new_run: Prepare, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Batches.batch

    def batch(self: Batches, step: int) -> Any:
        images, targets = real(self, step)
        return (images * 1e38 * 1e38, targets) if step == 5 else (images, targets)

    monkeypatch.setattr(Batches, "batch", batch)
    text = failure(new_run())
    assert (
        "the loss is not finite at step 6 (epoch 2, batch 2 of 4), first seen in the input" in text
    )


def test_or_the_step_is_skipped(new_run: Prepare, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Classification.train_step
    calls = iter(range(1000))

    def poisoned(self: Classification, *arguments: Any) -> Any:
        losses, outputs = real(self, *arguments)
        if next(calls) == 2:
            losses = {"loss": losses["loss"] * torch.nan}
        return losses, outputs

    monkeypatch.setattr(Classification, "train_step", poisoned)
    folder = new_run(train__nonfinite="skip", train__epochs=1)
    assert worker.work(folder) == 0
    losses = [e["loss"] for e in read_events(folder.metrics) if e["event"] == "step"]
    assert losses[2] is None and all(loss is not None for loss in losses[:2] + losses[3:])
    [epoch] = [e for e in read_events(folder.metrics) if e["event"] == "epoch"]
    assert epoch["train_loss"] > 0 and epoch["val_loss"] > 0


def short_of_memory(monkeypatch: pytest.MonkeyPatch, fitting: int) -> None:
    real = Classification.train_step

    def train_step(self: Classification, model: Any, images: Any, targets: Any) -> Any:
        if len(images) > fitting:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return real(self, model, images, targets)

    monkeypatch.setattr(Classification, "train_step", train_step)


def test_out_of_memory_names_the_batch_that_fits(
    new_run: Prepare, monkeypatch: pytest.MonkeyPatch
) -> None:
    short_of_memory(monkeypatch, 20)
    text = failure(new_run(train__batch_size=64))
    assert "train.batch_size = 64; 16 would fit" in text and "auto_batch" in text


def test_auto_batch_trains_the_asked_batch_in_parts(
    new_run: Prepare, monkeypatch: pytest.MonkeyPatch
) -> None:
    short_of_memory(monkeypatch, 20)
    folder = new_run(train__batch_size=64, train__auto_batch=True, train__epochs=1)
    assert worker.work(folder) == 0
    [start] = [e for e in read_events(folder.metrics) if e["event"] == "start"]
    assert (start["batch_size"], start["micro_batch"]) == (64, 16)


def test_parts_give_the_gradient_of_the_whole(new_run: Prepare) -> None:
    """Without batch norm, which sees the parts, summed parts are the batch."""
    changes = {"model__kind": "simplenn", "data__size": 20, "augment__crop": 0, "train__epochs": 1}
    whole = new_run("whole", **changes)
    worker.work(whole)
    parts = new_run("parts", **changes)
    with pytest.MonkeyPatch.context() as patch:
        from workbench.training.worker import session

        real = session.assemble

        def assemble(*arguments: Any) -> Any:
            trainer = real(*arguments)
            trainer.micro_batch = 24
            return trainer

        patch.setattr(session, "assemble", assemble)
        worker.work(parts)

    def losses(folder: Any) -> list[float]:
        return [e["loss"] for e in read_events(folder.metrics) if e["event"] == "step"]

    assert losses(parts) == pytest.approx(losses(whole), rel=1e-3)


def test_a_gpu_that_is_not_there(new_run: Prepare) -> None:
    assert "train.device: no cuda" in failure(new_run(train__device="cuda"))


def test_an_error_of_ours_is_recorded_with_its_traceback(
    new_run: Prepare, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(Classification, "train_step", broken)
    folder = new_run()
    assert "a bug" in failure(folder)
    assert "in broken" in read_record(folder.record)["error"]["traceback"]
