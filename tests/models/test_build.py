"""What the networks' own keys do, and what they refuse."""

from typing import Any

import pytest
import torch
from torch import nn

from workbench.config import RunConfig
from workbench.config.presets import load_preset
from workbench.errors import ConfigError
from workbench.models import build_model
from workbench.models.resnet import ZeroPadShortcut
from workbench.testing import check_model


def preset(name: str, **changes: Any) -> RunConfig:
    return load_preset(name, {key.replace("__", "."): value for key, value in changes.items()})


@pytest.mark.parametrize(
    "config",
    [
        preset("quick/digits", model__block="bottleneck", model__activation="silu"),
        preset("quick/digits", model__shortcut="zero_pad", model__dropout=0.2),
        preset("quick/digits", model__stem="imagenet"),
        preset("simplenn/simplenn-cifar10", model__norm=True, model__hidden=[], data__size=12),
        preset("simplenn/simplenn-cifar10", model__dropout=0.5, data__classes=3, data__channels=1),
        preset("smallnets/separable-cifar10", model__channels=[4, 6, 8], model__dropout=0.1),
        preset("regnet/regnetx-200mf", model__depth=5, model__bottleneck_ratio=2, data__size=32),
    ],
    ids=lambda config: f"{config.model.kind}-{config.model.model_dump_json()[:40]}",
)
def test_variants(config: RunConfig) -> None:
    check_model(config)


@pytest.mark.parametrize(
    "name",
    ["resnet/resnet18-cifar10", "regnet/regnetx-200mf", "smallnets/residual-cifar10"],
)
def test_state_dict_lists_a_projection_after_the_main_branch(name: str) -> None:
    names = list(build_model(load_preset(name)).state_dict())
    blocks = {name.partition(".shortcut.")[0] for name in names if ".shortcut." in name}

    assert blocks
    for block in blocks:
        inside = [name for name in names if name.startswith(f"{block}.")]
        shortcut = [".shortcut." in name for name in inside]
        assert shortcut == sorted(shortcut)


def test_state_dict_is_in_execution_order() -> None:
    config = load_preset("regnet/regnetx-200mf-imagenet100")
    network = build_model(config).eval()
    ran: list[str] = []
    for name, module in network.named_modules():
        if list(module.parameters(recurse=False)):
            module.register_forward_hook(lambda *_, name=name: ran.append(name))
    network(torch.zeros(1, *config.input_shape))

    listed = list(dict.fromkeys(name.rpartition(".")[0] for name in network.state_dict()))
    assert listed == ran


def test_zero_pad_shortcut_keeps_every_second_pixel_between_zeros() -> None:
    x = torch.arange(1.0, 33.0).reshape(1, 2, 4, 4)

    y = ZeroPadShortcut(2, 5, stride=2)(x)

    assert y.shape == (1, 5, 2, 2)
    assert torch.equal(y[:, 1:3], x[:, :, ::2, ::2])
    assert not y[:, [0, 3, 4]].any()


def test_he_initialisation_keeps_the_scale_of_the_gradient() -> None:
    torch.manual_seed(0)
    network = build_model(load_preset("resnet/resnet18-cifar10"))
    convolutions = [m for m in network.modules() if isinstance(m, nn.Conv2d)]

    for conv in convolutions:
        fan_out = conv.out_channels * conv.kernel_size[0] * conv.kernel_size[1]
        assert conv.weight.std().item() == pytest.approx((2 / fan_out) ** 0.5, rel=0.05)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {"model.kind": "simplenn", "data.size": 11},
            "model.kind: simplenn needs images of 12×12",
        ),
        ({"model.kind": "smallnet", "data.size": 15}, "model.channels: 4 max-pools need"),
        (
            {"model.kind": "regnet", "model.groups": 7},
            "groups 7 does not divide the inner width 24",
        ),
        ({"model.kind": "regnet", "model.strides": [1]}, "strides must have one number a stage: 4"),
        ({"model.kind": "regnet", "model.widths": [8]}, "blocks and widths must be of one length"),
        (
            {"model.kind": "regnet", "model.groups": 2, "model.group_width": 2},
            "set groups or group_width, not both",
        ),
        ({"model.kind": "torchvision", "model.name": "resnet19"}, "did you mean resnet1"),
        ({"model.kind": "torchvision", "model.name": "fcn_resnet50"}, "has no classifier"),
        (
            {"model.kind": "torchvision", "model.name": "vit_b_16", "data.size": 33},
            "model.name: vit_b_16 cannot take 3×33×33 images",
        ),
        (
            {"model.kind": "torchvision", "model.name": "alexnet", "data.size": 16},
            "model.name: alexnet cannot take 3×16×16 images",
        ),
    ],
)
def test_refusals(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigError, match=text.replace("(", r"\(")) as refusal:
        build_model(load_preset("smallnets/convnet-cifar10", changes))

    assert "\n" not in str(refusal.value)


def test_setting_one_of_two_ways_to_group_drops_the_other() -> None:
    config = load_preset("regnet/regnetx-200mf", {"model.groups": 4})

    assert (config.model.groups, config.model.group_width) == (4, 0)


def test_setting_blocks_leaves_the_rule() -> None:
    config = load_preset("regnet/regnetx-200mf", {"model.blocks": [1, 1, 1, 1]})

    assert config.model.stages.blocks == (1, 1, 1, 1)


@pytest.mark.parametrize(
    ("name", "size"),
    [("squeezenet1_1", 32), ("shufflenet_v2_x0_5", 32), ("regnet_y_400mf", 32), ("vit_b_32", 64)],
)
def test_networks_of_torchvision_fit_grey_images(name: str, size: int) -> None:
    changes = {"model.name": name, "data.channels": 1, "data.size": size, "data.classes": 3}
    network = build_model(load_preset("zoo/torchvision-imagefolder", changes))

    assert network.training
    assert network.eval()(torch.zeros(2, 1, size, size)).shape == (2, 3)


def test_a_refusal_of_the_whole_section_names_the_key_to_change() -> None:
    with pytest.raises(ConfigError) as refusal:
        load_preset("regnet/regnetx-200mf", {"model.groups": 7})

    assert list(refusal.value.problems) == ["model.groups"]
