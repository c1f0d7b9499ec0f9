"""Networks that give a class for every pixel."""

from typing import Any

import pytest
import torch

from workbench.config import build_config
from workbench.errors import ConfigError
from workbench.models import build_model


def build(size: int = 32, **model: Any) -> torch.nn.Module:
    tables = {
        "task": {"kind": "segmentation"}, "model": model, "train": {"epochs": 1},
        "data": {"name": "shapes", "size": size, "channels": 1},
    }  # fmt: skip
    return build_model(build_config(tables))


@pytest.mark.parametrize(
    "model",
    [
        {"kind": "unet", "channels": [4, 8, 16]},
        {"kind": "torchvision_segmenter", "name": "lraspp_mobilenet_v3_large"},
    ],
)
def test_logits_for_every_pixel_of_grey_images(model: dict[str, Any]) -> None:
    network = build(**model).eval()
    with torch.inference_mode():
        assert network(torch.zeros(2, 1, 32, 32)).shape == (2, 4, 32, 32)


def test_the_decoder_sees_fine_features_again() -> None:
    network = build(kind="unet", channels=[4, 8]).eval()
    image = torch.randn(1, 1, 32, 32, requires_grad=True)
    network(image)[0, 0, 8, 8].backward()
    assert image.grad is not None and image.grad[0, 0, 8, 8] != 0


def test_a_size_that_does_not_halve_so_often_is_refused() -> None:
    with pytest.raises(ConfigError, match="multiple of 8"):
        build(20, kind="unet", channels=[4, 8, 16, 32])
