"""Draws scenes: textures, places of objects, rotated objects; whole batches, in float64."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from workbench.config.sections.data import ScenesData
from workbench.detection.boxes import intersection_over_union

OCTAVES = (2, 4, 8, 16, 32)  # cells of the layers of noise that make a texture
TINT = 0.4  # how far the noise of a colour strays from that of the light
TRIES = 12  # places tried for each object, the one that overlaps least is taken


@dataclass(frozen=True)
class Places:
    """The places of M objects in N scenes: tensors [N, M], in pixels and radians."""

    x: Tensor
    y: Tensor
    side: Tensor  # of the image itself
    angle: Tensor

    @property
    def boxes(self) -> Tensor:
        """The upright squares around the turned images: x, y, w, [N, M, 3]."""
        return torch.stack([self.x, self.y, self.side * _spread(self.angle)], dim=-1)


def uniform(rng: np.random.Generator, *shape: int) -> Tensor:
    """Numbers from 0 to 1, float64."""
    return torch.from_numpy(rng.random(shape))


def textures(rng: np.random.Generator, count: int, channels: int, size: int) -> Tensor:
    """Clouds of colour around a random one: float64 [N, C, S, S], 0 to 255.

    Layers of smooth noise from coarse to fine, with random strengths for each scene.
    """
    colour = 0.15 + 0.7 * uniform(rng, count, channels, 1, 1)
    canvas = colour.expand(-1, -1, size, size).clone()
    for cells in OCTAVES:
        light = uniform(rng, count, 1, cells, cells) - 0.5
        tint = uniform(rng, count, channels, cells, cells) - 0.5
        strength = uniform(rng, count, 1, 1, 1) / math.sqrt(cells)
        canvas += strength * F.interpolate(
            light + TINT * tint, size=(size, size), mode="bicubic", align_corners=False
        )
    return canvas.clamp_(0, 1).mul_(255)


def place_objects(rng: np.random.Generator, data: ScenesData, count: int, objects: int) -> Places:
    """Random size, rotation and place, each box within its scene.

    An object after the first is tried in several places and takes the one where it covers
    the others least.
    """
    shape = (count, objects)
    side = data.smallest + (data.largest - data.smallest) * uniform(rng, *shape)
    angle = (2 * uniform(rng, *shape) - 1) * math.radians(data.rotation)
    width = side * _spread(angle)
    tries = 1 if objects == 1 else TRIES
    free = (data.size - width)[..., None, None] * uniform(rng, *shape, tries, 2)
    centres = free + width[..., None, None] / 2  # [N, M, tries, 2]
    sides = width[..., None, None].expand(-1, -1, tries, 1)
    candidates = torch.cat([centres, sides], dim=-1)
    chosen = [candidates[:, 0, 0]]
    for number in range(1, objects):
        tried = candidates[:, number]  # [N, tries, 3]
        before = torch.stack(chosen, dim=1)  # [N, number, 3]
        overlap = intersection_over_union(tried[:, :, None], before[:, None]).amax(dim=2)
        chosen.append(tried[torch.arange(count), overlap.argmin(dim=1)])
    boxes = torch.stack(chosen, dim=1)
    return Places(boxes[..., 0], boxes[..., 1], side, angle)


def draw_objects(canvas: Tensor, images: Tensor, places: Places) -> Tensor:
    """Lay images [N, M, C, H, W] onto scenes [N, C, S, S], the last one on top."""
    size = canvas.shape[-1]
    for number in range(images.shape[1]):
        theta = _towards_image(places, number, size)
        shape = [len(canvas), canvas.shape[1] + 1, size, size]
        grid = F.affine_grid(theta, shape, align_corners=False)
        image = images[:, number]
        solid = torch.cat([image, torch.ones_like(image[:, :1])], dim=1)
        drawn = F.grid_sample(solid, grid, align_corners=False)
        cover = drawn[:, -1:]
        canvas = canvas * (1 - cover) + drawn[:, :-1]
    return canvas


def _towards_image(places: Places, number: int, size: int) -> Tensor:
    """The affine maps [N, 2, 3] from a scene's coordinates (-1 to 1) to an image's."""
    x, y = places.x[:, number], places.y[:, number]
    scale = size / places.side[:, number]
    cos, sin = places.angle[:, number].cos() * scale, places.angle[:, number].sin() * scale
    dx, dy = 2 * x / size - 1, 2 * y / size - 1
    first = torch.stack([cos, sin, -(cos * dx + sin * dy)], dim=-1)
    second = torch.stack([-sin, cos, sin * dx - cos * dy], dim=-1)
    return torch.stack([first, second], dim=1)


def _spread(angle: Tensor) -> Tensor:
    """Side of the upright square around a turned unit square."""
    return angle.cos().abs() + angle.sin().abs()
