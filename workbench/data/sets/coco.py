"""Loads boxes in COCO format, with images and boxes scaled into a padded square."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from workbench.catalog.coco import CocoImage, read_coco
from workbench.catalog.splits import Rows, random_parts
from workbench.config import RunConfig
from workbench.config.sections.data import CocoData
from workbench.data.assemble import assemble_cached
from workbench.data.cache import Decoding, decoded
from workbench.data.dataset import DataSet, Progress
from workbench.detection.boxes import NO_OBJECT, STRIDE, proposal_mask
from workbench.errors import DataError

CHUNK = 500  # images whose masks are made at once


def load(config: RunConfig, progress: Progress) -> DataSet:
    """Load ``data.root``; broken images are skipped and listed in ``skipped``.

    Targets are ``label`` int64 [N, M] (-1: no box), ``box`` float32 [N, M, 4] (centre x, y,
    width, height in pixels of the scaled image) and ``mask`` uint8 [N, S/8, S/8].
    Raises :class:`DataError` for annotations that cannot be used.
    """
    data = config.data
    assert isinstance(data, CocoData)
    progress("reading the annotations", 0, 0)
    folder = read_coco(Path(data.root))
    images = [*folder.train, *folder.test]
    how = Decoding(data.size, data.channels, "pad")
    cache = decoded(folder.root, [image.file for image in images], how, progress)
    good = np.flatnonzero(cache.good)
    if not len(good):
        raise DataError(f"{folder.root}: no image can be read: {cache.problems[0]}")
    parts = _split(good, len(folder.train), data)
    if not all(map(len, parts)):
        raise DataError(f"{folder.root}: too few images to split, {len(good)} can be read")
    targets = [_targets([images[row] for row in rows], data) for rows in parts]
    data_set = assemble_cached(config, folder.classes, cache, parts, targets)
    return replace(
        data_set,
        skipped=[*data_set.skipped, *folder.skipped],
        given=frozenset({"test"} if folder.test else ()),
    )


def _split(good: Rows, trained: int, data: CocoData) -> list[Rows]:
    """Rows for training, validation and test by the split's seed."""
    train, test = good[good < trained], good[good >= trained]
    return random_parts(train, test, (data.validation, data.test), data.limit, data.split_seed)


def _targets(images: list[CocoImage], data: CocoData) -> dict[str, Tensor]:
    kept = [_scaled(image, data) for image in images]
    most = max(len(boxes) for boxes in kept)
    box = torch.zeros(len(kept), most, 4)
    label = torch.full((len(kept), most), NO_OBJECT)
    for row, boxes in enumerate(kept):
        found = torch.tensor(boxes)
        box[row, : len(boxes)], label[row, : len(boxes)] = found[:, :4], found[:, 4].long()
    parts = range(0, len(kept), CHUNK)
    masks = [
        proposal_mask(box[at : at + CHUNK], label[at : at + CHUNK], data.size // STRIDE)
        for at in parts
    ]
    return {"label": label, "box": box, "mask": torch.cat(masks)}


def _scaled(image: CocoImage, data: CocoData) -> list[tuple[float, float, float, float, int]]:
    """Centre and sides in the padded square, largest boxes first, at most ``data.most``."""
    scale = data.size / max(image.width, image.height)
    dx, dy = ((data.size - scale * side) / 2 for side in (image.width, image.height))
    boxes = [
        (dx + scale * (x + w / 2), dy + scale * (y + h / 2), scale * w, scale * h, label)
        for x, y, w, h, label in image.boxes
    ]
    return sorted(boxes, key=lambda box: -box[2] * box[3])[: data.most]
