"""Objects' outlines in COCO format, drawn as masks: images scaled into a square and padded."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from workbench.catalog.boxed import BoxedImage
from workbench.catalog.coco import read_coco
from workbench.config import RunConfig
from workbench.config.sections.mask_data import CocoMasksData
from workbench.data.assemble import assemble_cached, split_at_random
from workbench.data.cache import Decoding, decoded
from workbench.data.dataset import DataSet, Progress
from workbench.data.segments import segment_targets
from workbench.detection.masks import IGNORED

BACKGROUND = "background"


def load(config: RunConfig, progress: Progress) -> DataSet:
    """Load ``data.root``; broken images are skipped and listed in ``skipped``.

    Targets are as of :func:`workbench.data.segments.segment_targets`; what pads an image is
    ignored. Raises :class:`DataError` for annotations that cannot be used.
    """
    data = config.data
    assert isinstance(data, CocoMasksData)
    progress("reading the annotations", 0, 0)
    folder = read_coco(Path(data.root), outlines=True)
    images = [*folder.train, *folder.test]
    how = Decoding(data.size, data.channels, "pad")
    cache = decoded(folder.root, [image.file for image in images], how, progress)
    parts = split_at_random(folder.root, cache.good, (len(folder.train), 0), data)
    classes = (BACKGROUND, *folder.classes)
    targets = []
    for rows in parts:
        masks = [draw_mask(images[row], data.size) for row in rows.tolist()]
        targets.append(segment_targets(torch.stack(masks), len(classes)))
    data_set = assemble_cached(config, classes, cache, parts, targets)
    return replace(
        data_set,
        skipped=[*data_set.skipped, *folder.skipped],
        given=frozenset(("train", "validation", "test")),  # an image shows what it shows
    )


def draw_mask(image: BoxedImage, size: int) -> Tensor:
    """The mask uint8 [size, size] of an image as it is decoded; smaller objects lie on top."""
    scale = size / max(image.width, image.height)
    wide, tall = (max(1, round(scale * side)) for side in (image.width, image.height))
    left, top = (size - wide) // 2, (size - tall) // 2
    mask = Image.new("L", (size, size), IGNORED)
    pen = ImageDraw.Draw(mask)
    pen.rectangle((left, top, left + wide - 1, top + tall - 1), fill=0)
    shapes = [(polygon, label) for label, polygons in image.outlines for polygon in polygons]
    for polygon, label in sorted(shapes, key=lambda shape: -_extent(shape[0])):
        points = np.asarray(polygon[: len(polygon) // 2 * 2]).reshape(-1, 2) * scale
        pen.polygon([(left + x, top + y) for x, y in points.tolist()], fill=label + 1)
    return torch.from_numpy(np.array(mask))


def _extent(polygon: tuple[float, ...]) -> float:
    """The area of the box around a polygon."""
    x, y = polygon[::2], polygon[1::2]
    return (max(x) - min(x)) * (max(y) - min(y))
