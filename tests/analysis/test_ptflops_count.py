"""ptflops beside our count: explained to the last operation, or marked."""

import pytest
import torch
import torch.nn.functional as F
from ptflops import get_model_complexity_info
from torch import Tensor, nn

from workbench.analysis import count
from workbench.analysis.ptflops_count import ptflops_count
from workbench.config.presets import list_presets, load_preset
from workbench.models import build_model
from workbench.models.meta import on_meta

# Of timm's own classes of convolutions (Conv2dSame) ptflops knows nothing; a remark says so.
NAMES = [
    preset.name
    for preset in list_presets()
    if not preset.own and load_preset(preset.name).model.kind != "timm"
]


@pytest.mark.parametrize("name", NAMES)
def test_its_conventions_explain_every_preset(name: str) -> None:
    config = load_preset(name)
    network = on_meta(lambda: build_model(config))
    ours = count(network, config.input_shape)

    opinion = ptflops_count(network, config.input_shape, ours)

    assert (opinion.unexplained, opinion.note) == (0, "")
    assert opinion.params == ours.params
    assert opinion.macs is not None and opinion.macs > ours.macs


@pytest.mark.parametrize("name", ["quick/digits", "simplenn/simplenn-swish-cifar10"])
def test_the_meta_device_gives_what_ptflops_says_on_a_processor(name: str) -> None:
    config = load_preset(name)
    macs, params = get_model_complexity_info(
        build_model(config), config.input_shape, print_per_layer_stat=False, as_strings=False
    )
    network = on_meta(lambda: build_model(config))

    opinion = ptflops_count(network, config.input_shape, count(network, config.input_shape))

    assert (opinion.macs, opinion.params) == (macs, params)


class FunctionalConvolution(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(4, 3, 3, 3))

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.weight)


def test_what_it_cannot_see_is_marked() -> None:
    network = nn.Sequential(FunctionalConvolution(), nn.Flatten())
    ours = count(network, (3, 8, 8))

    opinion = ptflops_count(network, (3, 8, 8), ours)

    assert opinion.unexplained == -ours.macs
    assert f"{-ours.macs:,} operations beyond" in opinion.note


def test_frozen_parameters_are_explained() -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(192, 2))
    network[1].bias.requires_grad_(False)

    opinion = ptflops_count(network, (3, 8, 8), count(network, (3, 8, 8)))

    assert "trainable parameters only: 384 of 386" in opinion.note


def test_a_network_that_it_cannot_run_has_no_figure(capsys: pytest.CaptureFixture[str]) -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(192, 2))
    ours = count(network, (3, 8, 8))

    opinion = ptflops_count(network, (3, 9, 9), ours)

    assert (opinion.macs, opinion.params) == (None, None)
    assert "cannot run" in opinion.note
    assert capsys.readouterr().out == ""
