"""A data set of listed images with boxes, scaled with them into a padded square."""

from dataclasses import replace

import torch
from torch import Tensor

from workbench.catalog.boxed import BoxedImage, BoxListing
from workbench.config import RunConfig
from workbench.config.sections.data import AnnotatedData
from workbench.data.assemble import assemble_cached, split_at_random
from workbench.data.cache import Decoding, decoded
from workbench.data.dataset import DataSet, Progress
from workbench.detection.boxes import NO_OBJECT, STRIDE, proposal_mask
from workbench.errors import DataError

CHUNK = 500  # images whose masks are made at once


def load_boxed(config: RunConfig, folder: BoxListing, progress: Progress) -> DataSet:
    """Decode and split the images of a listing; broken ones are skipped and listed.

    Targets are ``label`` int64 [N, M] (-1: no box), ``box`` float32 [N, M, 4] (centre x, y,
    width, height in pixels of the scaled image) and ``mask`` uint8 [N, S/8, S/8].
    Raises :class:`DataError` where too few images can be read.
    """
    data = config.data
    assert isinstance(data, AnnotatedData)
    images = [*folder.train, *folder.validation, *folder.test]
    how = Decoding(data.size, data.channels, "pad")
    cache = decoded(folder.root, [image.file for image in images], how, progress)
    if not cache.good.any():
        raise DataError(f"{folder.root}: no image can be read: {cache.problems[0]}")
    counts = len(folder.train), len(folder.validation)
    parts = split_at_random(folder.root, cache.good, counts, data)
    targets = [_targets([images[row] for row in rows], data) for rows in parts]
    own = {"validation": folder.validation, "test": folder.test}
    data_set = assemble_cached(config, folder.classes, cache, parts, targets)
    return replace(
        data_set,
        skipped=[*data_set.skipped, *folder.skipped],
        given=frozenset(split for split, images in own.items() if images),
    )


def _targets(images: list[BoxedImage], data: AnnotatedData) -> dict[str, Tensor]:
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


def _scaled(image: BoxedImage, data: AnnotatedData) -> list[tuple[float, float, float, float, int]]:
    """Centre and sides in the padded square, largest boxes first, at most ``data.most``."""
    scale = data.size / max(image.width, image.height)
    dx, dy = ((data.size - scale * side) / 2 for side in (image.width, image.height))
    boxes = [
        (dx + scale * (x + w / 2), dy + scale * (y + h / 2), scale * w, scale * h, label)
        for x, y, w, h, label in image.boxes
    ]
    return sorted(boxes, key=lambda box: -box[2] * box[3])[: data.most]
