import pytest
import torch
from torch.nn import functional as F
from torchvision.ops import roi_align

from workbench.detection.boxes import corners
from workbench.models.common.crops import RoiAlign, spatial_transform, theta

INSIDE = torch.tensor([[24.0, 20.0, 30.0], [20.0, 28.0, 24.0], [24.0, 24.0, 36.0]])
SIDE = 48.0


def maps(count: int) -> torch.Tensor:
    return torch.randn(count, 5, 6, 6, generator=torch.Generator().manual_seed(0))


def test_transformer_gives_what_grid_sample_gives_also_beyond_the_edge() -> None:
    boxes = torch.cat([INSIDE, torch.tensor([[5.0, 44.0, 30.0], [24.0, 24.0, 96.0]])])
    turned = theta(boxes, SIDE)
    grid = F.affine_grid(turned, [len(boxes), 5, 4, 4], align_corners=False)

    ours = spatial_transform(maps(5), turned, 4)

    torch.testing.assert_close(ours, F.grid_sample(maps(5), grid, align_corners=False))


def test_transformer_gives_what_roi_align_gives_with_one_sample() -> None:
    regions = torch.cat([torch.arange(3.0)[:, None], corners(INSIDE)], dim=1)
    reference = roi_align(maps(3), regions, 4, 1 / 8, sampling_ratio=1, aligned=True)

    torch.testing.assert_close(spatial_transform(maps(3), theta(INSIDE, SIDE), 4), reference)


def test_a_ramp_is_cut_out_where_it_is() -> None:
    # Each pixel holds its own centre's x: a crop's pixels hold the x at which they were taken.
    ramp = (torch.arange(48.0) + 0.5).expand(1, 1, 48, 48)

    crop = spatial_transform(ramp, theta(torch.tensor([[20.0, 25.0, 11.0]]), SIDE), 22)

    wanted = 20 - 11 / 2 + (torch.arange(22) + 0.5) * 11 / 22
    torch.testing.assert_close(crop[0, 0], wanted.expand(22, 22))


def test_theta_is_the_identity_for_the_whole_image() -> None:
    whole = theta(torch.tensor([[24.0, 24.0, 48.0]]), SIDE)

    assert whole[0].tolist() == [[1, 0, 0], [0, 1, 0]]


def test_gradients_reach_the_features_inside_the_box_only() -> None:
    features = maps(1).requires_grad_()
    spatial_transform(features, theta(torch.tensor([[12.0, 12.0, 16.0]]), SIDE), 4).sum().backward()

    assert features.grad is not None
    assert (features.grad[0, :, :3, :3] > 0).all()
    assert (features.grad[0, :, 4:, 4:] == 0).all()


@pytest.mark.parametrize("size", [2, 4])
def test_roi_align_module_averages_its_samples(size: int) -> None:
    ramp = (torch.arange(6.0) * 8 + 4).expand(3, 1, 6, 6)

    crops = RoiAlign(size)(ramp, INSIDE, SIDE)

    # The mean over a square of a ramp is its value at the square's centre.
    torch.testing.assert_close(crops.mean(dim=(1, 2, 3)), INSIDE[:, 0])
