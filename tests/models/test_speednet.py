"""The whitening stem, what begins as the identity, and what is not trained."""

import pytest
import torch
from torch.nn import functional as F

from workbench.config import RunConfig, build_config
from workbench.errors import ConfigError
from workbench.models import build_model
from workbench.models.common.preparing import Prepared
from workbench.models.speednet import SpeedNet, whitening_filters
from workbench.testing import check_model


def config(channels: int = 3, size: int = 16, **model: object) -> RunConfig:
    return build_config(
        {
            "model": {"kind": "speednet", "widths": [8, 12], **model},
            "data": {"name": "cifar10", "channels": channels, "size": size},
            "train": {"epochs": 1},
        }
    )


def network(**changes: object) -> SpeedNet:
    torch.manual_seed(0)
    found = build_model(config(**changes))
    assert isinstance(found, SpeedNet)
    return found


def make_images(count: int = 40, channels: int = 3, size: int = 16) -> torch.Tensor:
    """Smooth noise with channels that follow each other, as those of photographs do."""
    seeded = torch.Generator().manual_seed(1)
    coarse = torch.randn(count, channels, size // 4, size // 4, generator=seeded)
    smooth = F.interpolate(coarse, size=(size, size), mode="bilinear")
    noise = 0.3 * torch.randn(smooth.shape, generator=seeded)
    return smooth + smooth.mean(dim=1, keepdim=True) + noise


@pytest.mark.parametrize(
    "changes",
    [{}, {"depth": 3, "residual": True}, {"stem": "learned", "depth": 1}, {"channels": 1}],
    ids=str,
)
def test_battery(changes: dict[str, object]) -> None:
    check_model(config(**changes))


@pytest.mark.parametrize("channels", [1, 3])
def test_whitened_patches_have_unit_variances_and_are_uncorrelated(channels: int) -> None:
    images = make_images(channels=channels)
    filters = whitening_filters(images, 2)

    patches = F.conv2d(images.double(), filters).transpose(0, 1).flatten(1)
    covariance = patches @ patches.T / patches.shape[1]

    assert filters.shape == (4 * channels, channels, 2, 2)
    assert torch.allclose(covariance, torch.eye(4 * channels).double(), atol=0.02)


def test_filters_do_not_depend_on_the_order_of_the_images() -> None:
    images = make_images()
    filters = whitening_filters(images, 2)

    assert torch.equal(whitening_filters(images.clone(), 2), filters)
    assert torch.allclose(whitening_filters(images.flip(0), 2), filters, atol=1e-6)


def test_preparing_fills_the_stem_with_both_signs_and_nothing_else() -> None:
    found = network()
    before = {name: tensor.clone() for name, tensor in found.state_dict().items()}
    assert isinstance(found, Prepared)
    found.prepare(make_images())

    changed = [n for n, t in found.state_dict().items() if not torch.equal(t, before[n])]
    weight = found.get_buffer("stem.conv.weight")
    assert changed == ["stem.conv.weight"]
    assert torch.equal(weight[:12], -weight[12:])


def test_a_learned_stem_is_left_alone() -> None:
    found = network(stem="learned")
    before = found.get_parameter("stem.conv.weight").clone()
    found.prepare(make_images())

    assert torch.equal(found.get_parameter("stem.conv.weight"), before)


def test_filters_and_the_norms_scales_are_kept_but_not_trained() -> None:
    found = network()
    trained, kept = dict(found.named_parameters()), found.state_dict()

    for name in ("stem.conv.weight", "stage1.norm1.weight", "stage2.rest.norm2.weight"):
        assert name in kept and name not in trained
    assert "stem.conv.bias" in trained and "stage1.norm1.bias" in trained


def test_stages_begin_by_passing_channels_through() -> None:
    found = network(stem="learned")
    images = torch.randn(2, 24, 6, 6)
    conv = found.get_submodule("stage1.conv1")

    assert torch.equal(conv(images), images[:, :8])


def test_a_residual_stage_adds_what_it_began_with() -> None:
    plain, residual = network(), network(residual=True)
    residual.load_state_dict(plain.state_dict())
    images = torch.randn(2, 24, 8, 8)
    stage, other = plain.get_submodule("stage1").eval(), residual.get_submodule("stage1").eval()
    first = stage.act1(stage.norm1(stage.pool(stage.conv1(images))))  # type: ignore[operator]

    assert torch.allclose(other(images) - stage(images), first, atol=1e-6)


def test_images_too_small_for_the_stages_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"model.widths: 2 stages need images of 5×5 or more"):
        build_model(config(size=4))
