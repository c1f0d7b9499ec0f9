"""Learning rates by stage: exact factors, with what norms and biases get of their own."""

import pytest
import torch
from torch import nn

from workbench.config.sections.optimizer import AdamWOptimizer, MuonOptimizer
from workbench.training.optimizers.build import build_optimizer, parameter_groups
from workbench.training.optimizers.layer_decay import stages


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.zeros(3, 3))
        self.stem = nn.Conv2d(3, 4, 3)
        self.blocks = nn.Sequential(nn.Conv2d(4, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3))
        self.head = nn.Linear(4, 2)


def factors(groups: list[dict[str, object]], net: Net) -> dict[str, float]:
    names = {parameter: name for name, parameter in net.named_parameters()}
    return {names[p]: g["lr_factor"] for g in groups for p in g["params"]}  # type: ignore[attr-defined,misc]


def test_each_stage_is_a_step_from_the_head() -> None:
    net = Net()
    assert [len(stage) for stage in stages(net)] == [1, 2, 2, 2, 2]
    found = factors(parameter_groups(net, AdamWOptimizer(layer_decay=0.5)), net)
    assert found == {
        "token": 0.0625, "stem.weight": 0.125, "stem.bias": 0.125, "blocks.0.weight": 0.25,
        "blocks.0.bias": 0.25, "blocks.2.weight": 0.5, "blocks.2.bias": 0.5,
        "head.weight": 1.0, "head.bias": 1.0,
    }  # fmt: skip


def test_factors_of_biases_and_of_muon_stay() -> None:
    net = Net()
    settings = AdamWOptimizer(layer_decay=0.5, bias_lr_factor=4.0, decay_norms=False)
    found = factors(parameter_groups(net, settings), net)
    assert (found["blocks.0.weight"], found["blocks.0.bias"]) == (0.25, 1.0)
    muon = parameter_groups(net, MuonOptimizer(layer_decay=0.5, rest_lr_factor=0.1))
    assert factors(muon, net)["blocks.2.weight"] == 0.5
    assert factors(muon, net)["head.weight"] == pytest.approx(0.1)
    assert all(group.get("orthogonal", False) or "orthogonal" not in group for group in muon)


def test_without_it_there_is_one_group_as_ever() -> None:
    assert len(build_optimizer(AdamWOptimizer(), Net()).param_groups) == 1
