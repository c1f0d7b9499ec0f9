"""Our networks against public reference implementations, with the same weights."""

import torch
import torchvision
from torch import nn

from workbench.config.presets import load_preset
from workbench.models import build_model


def test_resnet18_is_torchvisions() -> None:
    reference = torchvision.models.resnet18(weights=None, num_classes=11)
    ours = build_model(load_preset("scalable/resnet18-food11"))
    _randomise(reference)

    _copy_in_order(reference, ours)

    _assert_same(ours, reference, 96)


def test_bottleneck_resnet_is_torchvisions() -> None:
    changes = {"model.block": "bottleneck", "model.blocks": [1, 2, 1, 1]}
    ours = build_model(load_preset("scalable/resnet18-food11", changes))
    block = torchvision.models.resnet.Bottleneck
    reference = torchvision.models.ResNet(block, [1, 2, 1, 1], num_classes=11)
    _randomise(reference)

    _copy_in_order(reference, ours)

    _assert_same(ours, reference, 64)


def test_regnetx_400mf_is_torchvisions() -> None:
    # By its widths: torchvision rounds 392 up to 400, the paper's own code down to 384.
    stages = {"model.blocks": [1, 2, 7, 12], "model.widths": [32, 64, 160, 400]}
    changes = {**stages, "model.group_width": 16, "data.classes": 7}
    ours = build_model(load_preset("regnet/regnetx-200mf", changes))
    reference = torchvision.models.regnet_x_400mf(weights=None, num_classes=7)
    _randomise(reference)

    ours.load_state_dict(_like_ours(reference))

    _assert_same(ours, reference, 64)


def _randomise(network: nn.Module) -> None:
    """Statistics and scales of norms as after training, so that a swapped norm shows."""
    generator = torch.Generator().manual_seed(0)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor in (module.weight.data, module.running_var):
                tensor.copy_(0.5 + torch.rand(tensor.shape, generator=generator))
            for tensor in (module.bias.data, module.running_mean):
                tensor.copy_(0.1 * torch.randn(tensor.shape, generator=generator))


def _copy_in_order(source: nn.Module, target: nn.Module) -> None:
    """Tensor by tensor in the order of the state dicts: both list them as data meets them."""
    values, names = list(source.state_dict().values()), list(target.state_dict())
    assert len(values) == len(names)
    target.load_state_dict(dict(zip(names, values, strict=True)))


def _like_ours(regnet: nn.Module) -> dict[str, torch.Tensor]:
    """Torchvision's names (which put the projection before the main branch) as ours."""
    renamed = {}
    for name, tensor in regnet.state_dict().items():
        for theirs, our in {
            "stem.0": "stem.conv",
            "stem.1": "stem.norm",
            "fc.": "head.linear.",
            "proj.0": "shortcut.conv",
            "proj.1": "shortcut.norm",
            **{f"f.{part}.0": f"conv{number}" for number, part in enumerate("abc", 1)},
            **{f"f.{part}.1": f"norm{number}" for number, part in enumerate("abc", 1)},
        }.items():
            name = name.replace(theirs, our)
        if name.startswith("trunk_output"):
            _, _, block, *rest = name.split(".")
            stage, number = block.removeprefix("block").split("-")
            name = ".".join([f"stage{stage}", f"block{int(number) + 1}", *rest])
        renamed[name] = tensor
    return renamed


def _assert_same(ours: nn.Module, reference: nn.Module, size: int) -> None:
    images = torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        torch.testing.assert_close(
            ours.eval()(images), reference.eval()(images), rtol=1e-5, atol=1e-5
        )
