"""A trainer that is put back stands where the snapshot was taken, in everything."""

from typing import Any

import pytest
import torch

from tests.training.trainers import small_trainer
from workbench.config.learning_rate import Plateau
from workbench.training.checkpoints import snapshots
from workbench.training.loop.trainer import Trainer

BUSY: dict[str, Any] = {"optimizer__kind": "sgd", "schedule__kind": "plateau"}


def stands_in_the_middle(**changes: Any) -> Trainer:
    """A trainer after six of its twelve steps, whose every number differs from a new one's."""
    trainer = small_trainer(**(BUSY | changes))
    for _ in range(6):
        trainer.train_step()
    trainer.epochs_done, trainer.last_row = 1, {"epoch": 1, "val_loss": 2.25}
    trainer.best_accuracy, trainer.best_epoch = 0.375, 1
    trainer.plateau = Plateau(factor=0.01, best=2.25, waited=3)
    trainer.clock.before, trainer.epoch_began, trainer.micro_batch = 100.0, 60.0, 4
    return trainer


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("kind", ["sgd", "adamw", "muon"])
def test_a_restored_trainer_is_the_one_that_was_taken(kind: str) -> None:
    snapshot = snapshots.take(stands_in_the_middle(optimizer__kind=kind))
    fresh = small_trainer(**(BUSY | {"optimizer__kind": kind}), seed=9)
    snapshots.restore(fresh, snapshot)
    again = snapshots.take(fresh)
    assert again.step == 6
    assert same(again.weights, snapshot.weights)
    assert same(again.tensors, snapshot.tensors)
    assert any(name.startswith("optimizer/") for name in snapshot.tensors)
    assert any(name.startswith("meter.") for name in snapshot.tensors)
    seconds = again.numbers.pop("seconds"), snapshot.numbers.pop("seconds")
    assert 100 <= seconds[1] <= seconds[0]  # the clock has gone on
    assert again.numbers == snapshot.numbers


def test_best_accuracy_and_its_epoch_are_put_back() -> None:
    fresh = small_trainer(**BUSY)
    snapshots.restore(fresh, snapshots.take(stands_in_the_middle()))
    assert (fresh.best_accuracy, fresh.best_epoch) == (0.375, 1)
    assert fresh.last_row == {"epoch": 1, "val_loss": 2.25}
    assert (fresh.epoch_began, fresh.micro_batch, fresh.epochs_done) == (60.0, 4, 1)


@pytest.mark.parametrize("best", [2.25, float("inf")])  # a run has no loss before its first epoch
def test_the_plateau_goes_on_waiting(best: float) -> None:
    trainer = stands_in_the_middle()
    trainer.plateau.best = best
    fresh = small_trainer(**BUSY)
    snapshots.restore(fresh, snapshots.take(trainer))
    assert fresh.plateau == Plateau(factor=0.01, best=best, waited=3)


def test_a_snapshot_stays_as_it_was_taken() -> None:
    trainer = stands_in_the_middle()
    snapshot = snapshots.take(trainer)
    before = {name: tensor.clone() for name, tensor in snapshot.weights.items()}
    trainer.train_step()
    trainer.plateau.waited += 1
    assert same(snapshot.weights, before)
    assert not same(snapshots.take(trainer).weights, before)
    assert snapshot.numbers["plateau"]["waited"] == 3


def test_another_batch_size_begins_at_an_epoch() -> None:
    snapshot = snapshots.take(stands_in_the_middle())
    child = small_trainer(**(BUSY | {"train__batch_size": 16}))
    snapshots.restore(child, snapshot)
    assert (child.epochs_done, child.step) == (1, 2)  # two steps an epoch now
    assert child.meter.result() == {"loss": 0.0, "accuracy": 0.0}  # of no part of an epoch
    assert child.epoch_began >= 100.0  # its first epoch begins now, not on the parent's clock
    assert child.micro_batch == 16
    assert same(snapshots.take(child).weights, snapshot.weights)


def test_another_optimiser_takes_the_weights_alone() -> None:
    snapshot = snapshots.take(stands_in_the_middle())
    child = small_trainer(**(BUSY | {"optimizer__kind": "adamw"}))
    snapshots.restore(child, snapshot)
    assert not child.optimizer.state
    assert same(snapshots.take(child).weights, snapshot.weights)
    child.train_step()


def test_parts_of_a_batch_are_never_more_than_the_batch() -> None:
    trainer = stands_in_the_middle()
    trainer.micro_batch = 64
    fresh = small_trainer(**BUSY)
    snapshots.restore(fresh, snapshots.take(trainer))
    assert fresh.micro_batch == 8


def test_a_snapshot_of_another_network_is_refused() -> None:
    snapshot = snapshots.take(stands_in_the_middle())
    with pytest.raises(RuntimeError):
        snapshots.restore(small_trainer(**(BUSY | {"model__width": 6})), snapshot)
