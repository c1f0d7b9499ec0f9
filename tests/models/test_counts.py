"""Parameters and MACs that the studies published and that were checked independently."""

from typing import Any

import pytest

from workbench.analysis import summarize
from workbench.config.presets import load_preset

STUDY_1 = "regnet/regnetx-200mf-imagenet100"
RESNET = "resnet/resnet18-cifar10"


@pytest.mark.parametrize(
    ("preset", "changes", "params"),
    [
        (STUDY_1, {}, 3_289_900),
        (STUDY_1, {"model.groups": 4, "model.bottleneck_ratio": 2}, 1_699_908),
        ("regnet/regnetx-200mf", {}, 2_684_792),
        (RESNET, {}, 11_173_962),
        (RESNET, {"model.blocks": [2, 1, 1, 1]}, 4_977_226),
        ("resnet/resnet-5m-cifar10", {}, 4_771_146),
        ("resnet/resnet20-cifar10", {}, 269_722),
        ("scalable/resnet18-food11", {}, 11_182_155),
        ("simplenn/simplenn-cifar10", {}, 82_030),
    ],
)
def test_params(preset: str, changes: dict[str, Any], params: int) -> None:
    assert summarize(load_preset(preset, changes))["params"] == params


@pytest.mark.parametrize(
    ("preset", "macs"),
    [
        (STUDY_1, 230_851_104),
        ("regnet/regnetx-200mf", 199_039_872),
        ("resnet/resnet-5m-cifar10", 874_187_264),
        ("scalable/resnet18-food11", 1_813_566_976),
    ],
)
def test_macs(preset: str, macs: int) -> None:
    assert summarize(load_preset(preset))["macs"] == macs


@pytest.mark.parametrize(
    ("preset", "macs"),
    [
        ("smallnets/convnet-cifar10", 46_497_792),
        ("smallnets/separable-cifar10", 6_824_960),
        ("smallnets/residual-cifar10", 59_179_008),
    ],
)
def test_convolution_macs_of_the_small_networks(preset: str, macs: int) -> None:
    assert summarize(load_preset(preset))["macs_by_type"]["conv"] == macs


@pytest.mark.parametrize(
    ("preset", "macs"),
    [
        ("smallnets/convnet-cifar10", [2_457_600, 13_107_200, 13_107_200, 13_107_200, 4_718_592]),
        ("smallnets/separable-cifar10", [175_104, 729_088, 626_688, 575_488, 4_718_592]),
    ],
)
def test_convolution_macs_stage_by_stage(preset: str, macs: list[int]) -> None:
    layers = summarize(load_preset(preset))["layers"]
    stages = [
        sum(layer["macs"] for layer in layers if layer["name"].startswith(f"stage{number}."))
        for number in range(1, 6)
    ]

    assert stages == macs


def test_weights_of_simplenn_layer_by_layer() -> None:
    layers = summarize(load_preset("simplenn/simplenn-cifar10"))["layers"]
    params = {layer["name"]: layer["params"] for layer in layers if layer["params"]}

    assert params == {
        "stage1.conv": 600 + 8,
        "stage2.conv": 1_152 + 16,
        "hidden1.linear": 69_240,
        "hidden2.linear": 10_164,
        "head.linear": 850,
    }


def test_first_row_and_ptflops_of_study_1() -> None:
    summary = summarize(load_preset(STUDY_1))
    first = summary["layers"][0]

    assert (first["name"], first["params"], first["macs"]) == ("stem.conv", 648, 2_032_128)
    assert summary["ptflops"]["macs"] == 235_898_596
    assert summary["ptflops"]["params"] == 3_289_900


def test_smaller_ratios_of_experiment_c_get_smaller_still() -> None:
    variants = [(8, 1), (4, 2), (2, 4), (1, 8)]
    counts = [
        summarize(load_preset(STUDY_1, {"model.groups": g, "model.bottleneck_ratio": r}))
        for g, r in variants
    ]

    params = [summary["params"] for summary in counts]
    macs = [summary["macs"] for summary in counts]
    assert params == sorted(params, reverse=True)
    assert macs == sorted(macs, reverse=True)


def test_learning_rates_of_study_1_to_six_digits() -> None:
    rates = summarize(load_preset(STUDY_1))["lr_per_epoch"]
    published = {
        **{epoch: 0.04 + epoch / 100 for epoch in range(1, 7)},
        **{7: 0.099958, 8: 0.099833, 9: 0.099623, 10: 0.099331, 51: 0.026623, 59: 0.003879},
        60: 0.001,
    }

    assert len(rates) == 60
    assert {epoch: round(rates[epoch - 1], 6) for epoch in published} == pytest.approx(published)
