"""Data of a configuration's shape without a file: what a step costs does not depend on images."""

import numpy as np
import torch

from workbench.config import RunConfig
from workbench.config.sections.data import ScenesData
from workbench.data import DataSet, Split
from workbench.data.sets.scenes import draw

SEVERAL = 3  # labels of an image, at most, where it may have several


def random_data(config: RunConfig, count: int) -> DataSet:
    """Random bytes and labels, or scenes with random objects; the same at each call."""
    data = config.data
    seeded = torch.Generator().manual_seed(0)
    split = _scenes(data, count, seeded) if isinstance(data, ScenesData) else None
    if split is None:
        shape = (count, data.channels, data.size, data.size)
        images = torch.randint(0, 256, shape, dtype=torch.uint8, generator=seeded)
        images = images.contiguous(memory_format=torch.channels_last)
        split = Split(images, _labels(config, count, seeded))
    classes = tuple(map(str, range(data.classes)))
    middle, width = [0.5] * data.channels, [0.25] * data.channels
    return DataSet(data.name, classes, split, split, split, middle, width, "")


def _labels(config: RunConfig, count: int, seeded: torch.Generator) -> dict[str, torch.Tensor]:
    """What the task learns of an image: its class, several classes, or a class for each pixel."""
    classes, side = config.data.classes, config.data.size
    if config.task.kind == "multilabel":
        return {"label": torch.randint(-1, classes, (count, SEVERAL), generator=seeded)}
    targets = {"label": torch.randint(0, classes, (count,), generator=seeded)}
    if config.task.kind == "segmentation":
        shape = (count, side, side)
        masks = torch.randint(0, classes, shape, dtype=torch.uint8, generator=seeded)
        targets = {"label": targets["label"][:, None], "segment": masks}
    return targets


def _scenes(data: ScenesData, count: int, seeded: torch.Generator) -> Split:
    """Scenes whose objects are random bytes."""
    shape = (count, data.objects, data.channels, 32, 32)
    objects = torch.randint(0, 256, shape, dtype=torch.uint8, generator=seeded)
    labels = torch.randint(0, data.classes, shape[:2], generator=seeded)
    drawn = draw(data, objects, labels, np.random.default_rng(0))
    images = drawn.images.contiguous(memory_format=torch.channels_last)
    return Split(images, drawn.targets)
