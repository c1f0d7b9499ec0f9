"""What data sets with a class for every pixel share: targets, and putting the set together."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from workbench.catalog.splits import Rows, random_parts
from workbench.config import RunConfig
from workbench.data.assemble import content_hash
from workbench.data.dataset import DataSet, ImageRows, Split, tensor_hash
from workbench.data.statistics import channel_statistics, normalisation
from workbench.detection.boxes import NO_OBJECT


def segment_targets(masks: Tensor, classes: int) -> dict[str, Tensor]:
    """Targets of masks uint8 [N, S, S] whose values are classes or 255, ignored.

    ``segment`` is the mask; ``label`` int64 [N, classes] the classes that it shows, -1 beyond.
    """
    shown = torch.stack([(masks == label).flatten(1).any(dim=1) for label in range(classes)], 1)
    numbers = torch.arange(classes).expand(len(masks), -1)
    return {"segment": masks, "label": torch.where(shown, numbers, NO_OBJECT)}


def assemble_masked(
    config: RunConfig, classes: Sequence[str], images: Tensor, masks: Tensor
) -> DataSet:
    """A data set of resident images (uint8 [N, C, S, S]) and masks, split at random."""
    data = config.data
    rows = np.arange(len(images))
    shares = (data.validation, float(getattr(data, "test", 0.0)))
    parts = random_parts(rows, rows[:0], shares, data.limit, data.split_seed)
    images = images.contiguous(memory_format=torch.channels_last)
    splits = [_split(images, masks, part, len(classes)) for part in parts]
    mean, std = normalisation(config, lambda: channel_statistics(splits[0].images))
    pixels = tensor_hash(images.permute(0, 2, 3, 1))
    return DataSet(
        name=data.name,
        classes=tuple(classes),
        train=splits[0],
        validation=splits[1],
        test=splits[2],
        mean=mean,
        std=std,
        content_hash=content_hash(classes, [pixels], splits, parts),
        given=frozenset(("train", "validation", "test")),  # an image shows what it shows
    )


def _split(images: Tensor, masks: Tensor, rows: Rows, classes: int) -> Split:
    wanted = torch.from_numpy(rows)
    return Split(ImageRows(images, wanted), segment_targets(masks[wanted], classes))
