"""The average of the weights over the steps."""

import pytest
import torch
from torch import nn

from workbench.training.loop.ema import Ema


def test_it_is_the_average_and_counters_are_copied() -> None:
    model = nn.BatchNorm1d(1)
    ema = Ema(model, 0.5)
    expected = 1.0
    for step, value in enumerate((3.0, 5.0, 7.0), 1):
        with torch.no_grad():
            model.weight.fill_(value)
            model.num_batches_tracked += 1
        ema.update(step)
        decay = min(0.5, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * value
    average = ema.state()
    assert average["weight"].item() == pytest.approx(expected)
    assert average["num_batches_tracked"] == 3
    assert not any(parameter.requires_grad for parameter in ema.model.parameters())


def test_a_checkpoint_brings_it_back_and_without_one_it_is_the_weights() -> None:
    model = nn.Linear(2, 2)
    ema, again = Ema(model, 0.9), Ema(nn.Linear(2, 2), 0.9)
    again.load(ema.state())
    assert torch.equal(again.model.weight, model.weight)
    other = nn.Linear(2, 2)
    fresh = Ema(other, 0.9)
    with torch.no_grad():
        other.weight.zero_()
    fresh.load({})
    assert fresh.model.weight.sum() == 0
