"""Circles, squares and triangles on textured backgrounds, and the class of every pixel.

A small set for semantic segmentation that needs no download. Everything is drawn from a seeded
generator in float64, so that machines that differ in a last bit still round to the same bytes.
"""

import math

import numpy as np
import torch
from torch import Tensor

from workbench.config import RunConfig
from workbench.config.sections.mask_data import ShapesData
from workbench.data.dataset import DataSet, Progress
from workbench.data.segments import assemble_masked
from workbench.data.sets.drawing import textures, uniform

CLASSES = ("background", "circle", "square", "triangle")
CHUNK = 100  # images drawn at once
SMALLEST, LARGEST = 0.12, 0.28  # radius of a shape, in shares of the image's side


def load(config: RunConfig, progress: Progress) -> DataSet:
    """Draw the images of a configuration; targets as of :func:`assemble_masked`."""
    data = config.data
    assert isinstance(data, ShapesData)
    images, masks = [], []
    for start in range(0, data.images, CHUNK):
        count = min(CHUNK, data.images - start)
        drawn, mask = draw(data, count, np.random.default_rng([data.shape_seed, start]))
        images.append(drawn)
        masks.append(mask)
        progress("drawing shapes", start + count, data.images)
    return assemble_masked(config, CLASSES, torch.cat(images), torch.cat(masks))


def draw(data: ShapesData, count: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Images uint8 [N, C, S, S] and their masks uint8 [N, S, S]; later shapes lie on top."""
    size = data.size
    canvas = textures(rng, count, data.channels, size)
    mask = torch.zeros(count, size, size, dtype=torch.uint8)
    wanted = torch.from_numpy(rng.integers(1, data.objects + 1, count))
    for number in range(data.objects):
        kind = torch.from_numpy(rng.integers(1, len(CLASSES), count))
        inside = _inside(kind, size, rng) & (number < wanted)[:, None, None]
        colour = 255 * uniform(rng, count, data.channels, 1, 1)
        canvas = torch.where(inside[:, None], 0.8 * colour + 0.2 * canvas, canvas)
        mask = torch.where(inside, kind[:, None, None].to(torch.uint8), mask)
    return canvas.round_().clamp_(0, 255).to(torch.uint8), mask


def _inside(kind: Tensor, size: int, rng: np.random.Generator) -> Tensor:
    """The pixels [N, S, S] (bool) of one shape in each image, turned and placed at random."""
    count = len(kind)
    radius, x, y, angle = (uniform(rng, count, 1, 1) for _ in range(4))
    radius = size * (SMALLEST + (LARGEST - SMALLEST) * radius)
    x, y = radius + (size - 2 * radius) * x, radius + (size - 2 * radius) * y
    angle = 2 * math.pi * angle
    at = torch.arange(size, dtype=torch.float64) + 0.5
    across, down = (at.view(1, 1, -1) - x) / radius, (at.view(1, -1, 1) - y) / radius
    u = across * angle.cos() + down * angle.sin()
    v = down * angle.cos() - across * angle.sin()
    circle = u.square() + v.square() <= 1
    square = torch.maximum(u.abs(), v.abs()) <= math.sqrt(0.5)
    # Three half-planes at 120 degrees, each half a radius from the middle.
    sides = [
        u * math.cos(turn) + v * math.sin(turn) for turn in (0, 2 * math.pi / 3, -2 * math.pi / 3)
    ]
    triangle = torch.stack(sides).amax(dim=0) <= 0.5
    shapes = torch.stack([circle, square, triangle], dim=1)
    return shapes[torch.arange(count), kind - 1]
