"""Crops boxes from feature maps: the spatial transformer, and RoIAlign."""

import torch
from torch import Tensor, nn

from workbench.detection.boxes import corners


def theta(boxes: Tensor, side: float) -> Tensor:
    """The affine maps [N, 2, 3] from a crop's coordinates to those of an image ``side`` wide.

    Both run from -1 to 1 from edge to edge. Of a square x, y, w (pixels, [N, 3]) the map is a
    scaling by w / side and a shift to 2x / side - 1 (Jaderberg et al. 2015, arXiv:1506.02025,
    equation 2).
    """
    scale, shift = boxes[:, 2] / side, 2 * boxes[:, :2] / side - 1
    zero = torch.zeros_like(scale)
    first = torch.stack([scale, zero, shift[:, 0]], dim=1)
    second = torch.stack([zero, scale, shift[:, 1]], dim=1)
    return torch.stack([first, second], dim=1)


def spatial_transform(maps: Tensor, theta: Tensor, size: int) -> Tensor:
    """Sample [N, C, S, S] at size × size places bilinearly, zeros outside: [N, C, size, size].

    ``theta`` [N, 2, 3] scales and shifts; it does not turn. Then the bilinear kernel is a product
    of one along each axis, and the crop two small matrix products, which give the same as
    ``affine_grid`` and ``grid_sample`` do but whose gradient repeats to the bit on a GPU too.
    """
    side = maps.shape[-1]
    spread = (2 * torch.arange(size, device=maps.device, dtype=theta.dtype) + 1) / size - 1
    across = _kernel(theta[:, 0, 0], theta[:, 0, 2], spread, side).to(maps.dtype)
    down = _kernel(theta[:, 1, 1], theta[:, 1, 2], spread, side).to(maps.dtype)
    count, channels = maps.shape[:2]
    rows = torch.bmm(maps.reshape(count, -1, side), across.transpose(1, 2))  # [N, C·S, size]
    rows = rows.view(count, channels, side, size).transpose(1, 2)
    crops = torch.bmm(down, rows.reshape(count, side, -1))  # [N, size, C·size]
    return crops.view(count, size, channels, size).transpose(1, 2)


def _kernel(scale: Tensor, shift: Tensor, spread: Tensor, side: int) -> Tensor:
    """How much each of ``side`` pixels counts at each place sampled: [N, size, side]."""
    at = ((scale[:, None] * spread + shift[:, None] + 1) * side - 1) / 2  # in pixels, centre 0
    pixels = torch.arange(side, device=spread.device, dtype=spread.dtype)
    return (1 - (at[:, :, None] - pixels).abs()).clamp_min(0)


class SpatialTransformer(nn.Module):
    """Crops squares from feature maps with the spatial transformer."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, maps: Tensor, boxes: Tensor, side: float) -> Tensor:
        """Maps [N, C, S, S] of images ``side`` wide, boxes [N, 3] -> [N, C, size, size]."""
        return spatial_transform(maps, theta(boxes, side), self.size)


class RoiAlign(nn.Module):
    """Crops squares from feature maps with torchvision's RoIAlign (2 × 2 samples a place)."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, maps: Tensor, boxes: Tensor, side: float) -> Tensor:
        """As :meth:`SpatialTransformer.forward`."""
        from torchvision.ops import roi_align  # costs more than a second: only where it is used

        image = torch.arange(len(boxes), device=boxes.device, dtype=boxes.dtype)
        regions = torch.cat([image[:, None], corners(boxes)], dim=1)
        scale = maps.shape[-1] / side
        crops: Tensor = roi_align(
            maps, regions, self.size, spatial_scale=scale, sampling_ratio=2, aligned=True
        )
        return crops


CROPS: dict[str, type[SpatialTransformer] | type[RoiAlign]] = {
    "transformer": SpatialTransformer,
    "roi_align": RoiAlign,
}
