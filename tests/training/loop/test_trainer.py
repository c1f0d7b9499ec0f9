"""What a step does to the network, and how long a training is."""

import pytest
import torch

from tests.training.trainers import small_trainer
from workbench.training.loop import trainer as loop
from workbench.training.loop.seeds import epoch_order


@pytest.mark.parametrize(("steps", "epochs"), [(1, 1), (4, 1), (5, 2), (9, 3)])
def test_an_epoch_that_is_begun_counts(steps: int, epochs: int) -> None:
    assert small_trainer(train__steps=steps, train__epochs=0).epochs == epochs


def test_what_a_step_does_not_use_it_leaves_as_it_is() -> None:
    trainer = small_trainer()
    unused = torch.nn.Parameter(torch.ones(3))
    unused.grad = torch.ones(3)  # of the step before
    trainer.optimizer.add_param_group({"params": [unused], "weight_decay": 0.1, "lr_factor": 1.0})
    trainer.train_step()
    assert unused.grad is None  # of zeros, decay and momentum would move it
    assert unused.tolist() == [1.0, 1.0, 1.0]


def test_on_a_cpu_no_gpu_is_seeded(monkeypatch: pytest.MonkeyPatch) -> None:
    seeded: list[bool] = []
    monkeypatch.setattr(loop, "seed_network", lambda value, *, gpu: seeded.append(gpu))
    small_trainer().train_step()
    assert seeded == [False]


def test_the_order_of_an_epoch_is_that_of_earlier_versions() -> None:
    # Else a run that is resumed or repeated would see its images in another order.
    for seed, epoch, drawn in ((0, 0, 3471081512423777433), (7, 3, 4973603909648859553)):
        expected = torch.randperm(20, generator=torch.Generator().manual_seed(drawn))
        assert torch.equal(epoch_order(seed, epoch, 20), expected)
