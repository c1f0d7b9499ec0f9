"""Lion, against the paper's algorithm written out for one weight."""

import math

import pytest
import torch
from torch import nn

from workbench.training.optimizers.lion import Lion


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_it_moves_as_the_paper_says(decay: float) -> None:
    weight = nn.Parameter(torch.tensor([1.0, -2.0]))
    optimizer = Lion([weight], lr=0.01, betas=(0.9, 0.99), weight_decay=decay)
    theta, momentum = [1.0, -2.0], [0.0, 0.0]
    for step in range(5):
        gradient = [math.sin(3.0 * step + i + 1) for i in range(2)]
        weight.grad = torch.tensor(gradient)
        optimizer.step()
        for i, g in enumerate(gradient):
            move = math.copysign(1.0, 0.9 * momentum[i] + 0.1 * g)
            theta[i] -= 0.01 * (move + decay * theta[i])
            momentum[i] = 0.99 * momentum[i] + 0.01 * g
        assert weight.tolist() == pytest.approx(theta, rel=1e-5)
    assert optimizer.state[weight]["exp_avg"].tolist() == pytest.approx(momentum, rel=1e-4)


def test_a_weight_without_a_gradient_stays() -> None:
    still, other = nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2))
    other.grad = torch.ones(2)
    Lion([still, other], lr=0.1).step()
    assert still.tolist() == [1, 1] and other.tolist() == pytest.approx([0.9, 0.9])
