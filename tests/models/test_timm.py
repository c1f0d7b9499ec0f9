"""Networks of timm by their name, and ours against timm's with the same weights."""

from typing import Any

import pytest
import torch

from workbench.config.presets import load_preset
from workbench.errors import ConfigError
from workbench.models import build_model

timm = pytest.importorskip("timm")


def built(name: str, **changes: Any) -> torch.nn.Module:
    dotted = {key.replace("__", "."): value for key, value in changes.items()}
    changes = {"model.kind": "timm", "model.name": name, **dotted}
    return build_model(load_preset("zoo/torchvision-imagefolder", changes))


@pytest.mark.parametrize(
    ("name", "size"),
    [("resnet10t", 32), ("mobilenetv3_small_050", 32), ("vit_tiny_patch16_224", 48)],
)
def test_networks_of_timm_fit_classes_channels_and_size(name: str, size: int) -> None:
    network = built(name, data__channels=1, data__size=size, data__classes=10)
    assert network.training
    assert network.eval()(torch.zeros(2, 1, size, size)).shape == (2, 10)


def test_a_name_that_timm_does_not_have_is_met_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="timm has no network 'resnet19'; did you mean resnet"):
        built("resnet19")


def test_a_network_that_cannot_take_the_images_is_named() -> None:
    with pytest.raises(ConfigError, match="vit_tiny_patch16_224 cannot take 3×8×8 images"):
        built("vit_tiny_patch16_224", data__size=8)


def test_regnetx_200mf_is_timm_s() -> None:
    ours = build_model(load_preset("regnet/regnetx-200mf")).eval()
    theirs = timm.create_model("regnetx_002", pretrained=False).eval()
    # Both list their tensors in the order in which data meets them.
    values = theirs.state_dict().values()
    ours.load_state_dict(dict(zip(ours.state_dict(), values, strict=True)))
    images = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        torch.testing.assert_close(ours(images), theirs(images), rtol=1e-5, atol=1e-5)
