"""How parameters are grouped, and what reaches torch's optimiser."""

import pytest
import torch
from torch import nn

from workbench.config.sections.optimizer import AdamWOptimizer, SGDOptimizer
from workbench.training.optimizers.build import build_optimizer, parameter_groups


def network() -> nn.Module:
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))


def shapes(group: dict[str, list[torch.Tensor]]) -> list[int]:
    return [parameter.ndim for parameter in group["params"]]


def test_one_group_where_nothing_sets_them_apart() -> None:
    (group,) = parameter_groups(network(), SGDOptimizer(weight_decay=0.1))
    assert (group["weight_decay"], group["lr_factor"]) == (0.1, 1.0)
    assert shapes(group) == [4, 1, 1, 1]


@pytest.mark.parametrize(("decay_norms", "small_decay"), [(True, 0.0125), (False, 0.0)])
def test_norms_and_biases_at_a_rate_of_their_own(decay_norms: bool, small_decay: float) -> None:
    settings = SGDOptimizer(weight_decay=0.1, bias_lr_factor=8, decay_norms=decay_norms)
    large, small = parameter_groups(network(), settings)
    assert (large["weight_decay"], large["lr_factor"], shapes(large)) == (0.1, 1.0, [4])
    assert (small["weight_decay"], small["lr_factor"]) == (small_decay, 8.0)
    assert shapes(small) == [1, 1, 1]


def test_what_is_frozen_is_not_trained() -> None:
    model = network()
    model[0].weight.requires_grad_(False)  # type: ignore[index,union-attr]
    optimizer = build_optimizer(AdamWOptimizer(), model)
    assert [shapes(group) for group in optimizer.param_groups] == [[1, 1, 1]]
