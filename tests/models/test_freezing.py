"""Frozen modules: neither weights nor the statistics of batch norms move."""

import copy

import pytest
import torch
from torch import nn

from workbench.errors import ConfigError
from workbench.models.freezing import Freezing, frozen_modules


def network() -> nn.Module:
    torch.manual_seed(0)
    body = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Dropout(0.5))
    return nn.ModuleDict({"body": body, "bodyguard": nn.Linear(4, 4), "head": nn.Linear(4, 2)})


def run(net: nn.Module) -> None:
    net.train()
    optimizer = torch.optim.SGD([p for p in net.parameters() if p.requires_grad], lr=0.1)
    parts = dict(net.named_children())
    x = torch.randn(8, 4, generator=torch.Generator().manual_seed(1)) + 3
    parts["head"](parts["bodyguard"](parts["body"](x))).sum().backward()
    optimizer.step()


def moved(net: nn.Module, before: dict[str, torch.Tensor]) -> set[str]:
    return {
        name.rpartition(".")[0]
        for name, value in net.state_dict().items()
        if not torch.equal(value, before[name])
    }


def test_what_is_frozen_stays_and_what_is_lifted_moves() -> None:
    net = network()
    before = copy.deepcopy(net.state_dict())
    freezing = Freezing(net, ["body"])
    freezing.freeze()
    run(net)
    assert moved(net, before) == {"bodyguard", "head"}
    net.eval()
    net.train()
    assert not net.get_submodule("body.1").training and net.get_submodule("head").training
    freezing.lift()
    assert net.get_submodule("body.2").training and not freezing.holds
    run(net)
    assert moved(net, before) == {"body.0", "body.1", "bodyguard", "head"}


def test_parts_are_named_by_prefixes() -> None:
    net = network()
    assert len(frozen_modules(net, ["body"])) == 4 and len(frozen_modules(net, ["body.1"])) == 1
    with pytest.raises(ConfigError, match=r"no module 'bady'; did you mean body\? there are body"):
        frozen_modules(net, ["bady"])
