"""Stochastic depth: images that skip a block, more of them by depth, the same in the mean."""

from typing import Any

import pytest
import torch
from torch import nn

from workbench.config.presets import load_preset
from workbench.models import build_model
from workbench.models.common.blocks import drop_path

RESNET = {"model.kind": "resnet", "model.blocks": [2, 2], "model.width": 4}
REGNET = {"model.kind": "regnet", "model.blocks": [2, 2], "model.widths": [8, 8]}


def network(changes: dict[str, Any]) -> nn.Module:
    torch.manual_seed(0)
    return build_model(load_preset("quick/digits", changes))


def test_whole_images_are_left_out_and_the_mean_stays() -> None:
    torch.manual_seed(0)
    x = torch.ones(4000, 2, 3, 3)
    out = drop_path(x, 0.25, training=True)
    values = out.flatten(1)
    assert bool(((values == 0).all(1) | (values == 1 / 0.75).all(1)).all())
    assert (values[:, 0] == 0).float().mean().item() == pytest.approx(0.25, abs=0.03)
    assert out.mean().item() == pytest.approx(1.0, abs=0.03)
    assert drop_path(x, 0.25, training=False) is x and drop_path(x, 0.0, training=True) is x


@pytest.mark.parametrize("changes", [RESNET, {**RESNET, "model.block": "bottleneck"}, REGNET])
def test_deeper_blocks_are_left_out_more_often(changes: dict[str, Any]) -> None:
    net = network({**changes, "model.drop_path": 0.4})
    rates = [m.dropped for m in net.modules() if hasattr(m, "dropped")]
    assert rates == pytest.approx([0.1, 0.2, 0.3, 0.4])
    plain = network(changes)
    assert all(
        torch.equal(a, b)
        for a, b in zip(net.state_dict().values(), plain.state_dict().values(), strict=True)
    )
    images = torch.randn(16, 1, 8, 8)
    assert torch.equal(net.eval()(images), plain.eval()(images))
    assert not torch.equal(net.train()(images), plain.train()(images))
