"""Boxes, the grid of anchors, and the targets of region proposals.

A box is ``(x, y, w)``, a square, or ``(x, y, w, h)``: its centre and its sides in pixels of the
image, x to the right and y down. A cell of the proposal grid is ``STRIDE`` pixels wide, and an
anchor is a square of a given width on the centre of a cell (Ren et al. 2015, arXiv:1506.01497).
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

STRIDE = 8  # pixels a cell: three max-pools
BACKGROUND, OBJECT, IGNORED = 0, 1, 2  # what a cell of a proposal mask can be
NO_OBJECT = -1  # label of a place in a batch that holds no object
RIVAL = 1.5  # an anchor within this factor of an object's width is no background
LARGEST_GROWTH = 4.0  # of log(w / anchor): what a network may ask for, so that e^x stays finite


def corners(boxes: Tensor) -> Tensor:
    """Boxes [..., 3 or 4] as left, top, right, bottom [..., 4]."""
    centre, sides = boxes[..., :2], boxes[..., 2:].expand(*boxes.shape[:-1], 2)
    return torch.cat([centre - sides / 2, centre + sides / 2], dim=-1)


def squares(boxes: Tensor) -> Tensor:
    """The smallest squares [..., 3] with the same centres that hold the boxes [..., 3 or 4]."""
    return torch.cat([boxes[..., :2], boxes[..., 2:].amax(dim=-1, keepdim=True)], dim=-1)


def intersection_over_union(one: Tensor, other: Tensor) -> Tensor:
    """IoU of boxes pair by pair: [..., 3 or 4] and [..., 3 or 4], broadcast, to [...]."""
    a, b = corners(one), corners(other)
    low, high = torch.maximum(a[..., :2], b[..., :2]), torch.minimum(a[..., 2:], b[..., 2:])
    shared = (high - low).clamp_min(0).prod(dim=-1)
    areas = (a[..., 2:] - a[..., :2]).prod(dim=-1) + (b[..., 2:] - b[..., :2]).prod(dim=-1)
    return shared / (areas - shared).clamp_min(1e-9)


def cell_centres(cells: int, like: Tensor) -> Tensor:
    """x, y of the cells of a ``cells`` × ``cells`` grid, in pixels: [cells, cells, 2]."""
    middle = (torch.arange(cells, device=like.device, dtype=like.dtype) + 0.5) * STRIDE
    y, x = torch.meshgrid(middle, middle, indexing="ij")
    return torch.stack([x, y], dim=-1)


def coverage(boxes: Tensor, cells: int) -> tuple[Tensor, Tensor]:
    """Whether each cell lies wholly in each box, and whether it touches it.

    Boxes [N, M, 3 or 4] to two bool tensors [N, M, cells, cells].
    """
    distance = (cell_centres(cells, boxes) - boxes[:, :, None, None, :2]).abs()
    half = boxes[:, :, None, None, 2:] / 2
    inside = (distance + STRIDE / 2 <= half).all(dim=-1)
    touched = (distance - STRIDE / 2 < half).all(dim=-1)
    return inside, touched


def proposal_mask(boxes: Tensor, labels: Tensor, cells: int) -> Tensor:
    """The kind of each cell of the grid, uint8 [N, cells, cells]; labels [N, M] mark real boxes.

    ``OBJECT`` where a cell lies wholly in a box, ``IGNORED`` where the border of a box runs
    through it, ``BACKGROUND`` elsewhere. A box too small to hold a whole cell has the one
    cell that holds its centre.
    """
    inside, touched = positives(boxes, labels, cells)
    mask = torch.where(touched.any(dim=1), IGNORED, BACKGROUND)
    return torch.where(inside.any(dim=1), OBJECT, mask).to(torch.uint8)


def positives(boxes: Tensor, labels: Tensor, cells: int) -> tuple[Tensor, Tensor]:
    """As :func:`coverage`, of real boxes only, each with one whole cell at least."""
    inside, touched = coverage(boxes, cells)
    at = (boxes[..., :2] / STRIDE).floor().clamp(0, cells - 1).long()
    holds = torch.zeros_like(inside).flatten(2)
    holds.scatter_(2, (at[..., 1] * cells + at[..., 0])[..., None], True)
    holds = holds.view_as(inside) & ~inside.flatten(2).any(dim=2)[..., None, None]
    real = (labels != NO_OBJECT)[..., None, None]
    return (inside | holds) & real, touched & real


def encode(boxes: Tensor, anchors: Tensor) -> Tensor:
    """Squares relative to anchors, both [..., 3]: (x-xₐ)/wₐ, (y-yₐ)/wₐ, log(w/wₐ)."""
    width = anchors[..., 2:]
    offset = (boxes[..., :2] - anchors[..., :2]) / width
    return torch.cat([offset, (boxes[..., 2:] / width).log()], dim=-1)


def decode(deltas: Tensor, anchors: Tensor) -> Tensor:
    """Squares [..., 3] from deltas [..., 3]: the inverse of :func:`encode`."""
    width = anchors[..., 2:]
    growth = deltas[..., 2:].clamp(-LARGEST_GROWTH, LARGEST_GROWTH)
    return torch.cat([anchors[..., :2] + deltas[..., :2] * width, growth.exp() * width], dim=-1)


def anchor_grid(widths: list[float], cells: int, like: Tensor) -> Tensor:
    """Anchors of each width at each cell, [A, cells, cells, 3]."""
    centres = cell_centres(cells, like).expand(len(widths), cells, cells, 2)
    # Filled where they are: bringing the numbers over would make the host wait for a GPU.
    sides = torch.stack([like.new_full((cells, cells, 1), width) for width in widths])
    return torch.cat([centres, sides], dim=-1)


@dataclass(frozen=True)
class ProposalTargets:
    """The targets of a region proposal network at each anchor, [N, A, cells, cells]."""

    mask: Tensor  # OBJECT, BACKGROUND or IGNORED
    deltas: Tensor  # [..., 3]; they count where the mask says OBJECT


def proposal_targets(
    boxes: Tensor, labels: Tensor, mask: Tensor, anchors: Tensor
) -> ProposalTargets:
    """Targets for squares [N, M, 3] with labels [N, M] and a mask of cells [N, cells, cells].

    Where objects overlap, the last one, which lies on top, gets the cell. Of several anchors at
    an object's cell the one nearest in width (as a ratio) is positive, others within a factor
    of ``RIVAL`` are ignored, the rest is background.
    """
    inside, _ = positives(boxes, labels, mask.shape[-1])
    order = torch.arange(1, boxes.shape[1] + 1, device=boxes.device).view(1, -1, 1, 1)
    owner = (inside * order).amax(dim=1).sub(1).clamp_min(0)  # [N, cells, cells]
    rows = torch.arange(len(boxes), device=boxes.device).view(-1, 1, 1)
    owned = boxes[rows, owner]  # [N, cells, cells, 3]
    deltas = encode(owned[:, None].clamp_min(1e-3), anchors[None])
    ratio = deltas[..., 2].abs()
    nearest = ratio == ratio.amin(dim=1, keepdim=True)
    rival = ratio <= math.log(RIVAL)
    at_object = torch.where(nearest, OBJECT, torch.where(rival, IGNORED, BACKGROUND))
    cell = mask[:, None].to(at_object.dtype)
    return ProposalTargets(torch.where(cell == OBJECT, at_object, cell), deltas)
