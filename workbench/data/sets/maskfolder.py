"""A folder of images and masks, decoded once and mapped from there like an image folder."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from workbench.catalog.mask_folder import MaskedImage, MaskFolder, find_masks
from workbench.config import RunConfig
from workbench.config.sections.mask_data import MaskFolderData
from workbench.data.assemble import assemble_cached, split_at_random
from workbench.data.cache import Decoded, Decoding, decoded
from workbench.data.dataset import DataSet, Progress
from workbench.data.decode import decode_mask
from workbench.data.segments import segment_targets
from workbench.detection.masks import IGNORED
from workbench.errors import DataError

CHUNK = 1000  # masks whose values are looked at together


@dataclass(frozen=True)
class MaskDecoding(Decoding):
    """What a mask is decoded to: its values without blending, [size, size, 1]."""

    ignore: int = IGNORED

    def decode(self, path: Path) -> NDArray[np.uint8]:
        """Decode one file; raises :class:`workbench.data.decode.BrokenImage`."""
        return decode_mask(path, self.size, self.fit, self.ignore)


def load(config: RunConfig, progress: Progress) -> DataSet:
    """Load ``data.root``; an image that is broken, or whose mask is, is skipped and listed.

    Targets are as of :func:`workbench.data.segments.segment_targets`. Raises
    :class:`DataError` for masks with values beyond the classes.
    """
    data = config.data
    assert isinstance(data, MaskFolderData)
    progress("listing images", 0, 0)
    folder = find_masks(Path(data.root), data.ignore)
    pairs = [*folder.train, *folder.validation, *folder.test]
    how = Decoding(data.size, data.channels, data.fit)
    images = decoded(folder.root, [pair.image for pair in pairs], how, progress)
    how = MaskDecoding(data.size, 1, data.fit, data.ignore)
    masks = decoded(folder.root, [pair.mask for pair in pairs], how, progress)
    _check_values(folder, pairs, masks)
    counts = len(folder.train), len(folder.validation)
    parts = split_at_random(folder.root, images.good & masks.good, counts, data)
    pixels = masks.images[:, 0]
    targets = [
        segment_targets(pixels[torch.from_numpy(rows)], len(folder.classes)) for rows in parts
    ]
    data_set = assemble_cached(config, folder.classes, images, parts, targets)
    return replace(
        data_set,
        skipped=[*images.problems, *masks.problems, *folder.skipped],
        given=frozenset(("train", "validation", "test")),  # an image shows what it shows
    )


def _check_values(folder: MaskFolder, pairs: list[MaskedImage], masks: Decoded) -> None:
    """Refuse a value that is no class; those looked at before the run are known to be right."""
    classes = len(folder.classes)
    for start in range(0, len(pairs), CHUNK):
        chunk = masks.images[start : start + CHUNK]
        wrong = (chunk >= classes) & (chunk != IGNORED)
        rows = wrong.flatten(1).any(dim=1).nonzero().flatten().tolist()
        if rows:
            value = int(chunk[rows[0]][wrong[rows[0]]].max())
            raise DataError(
                f"{folder.root / pairs[start + rows[0]].mask.path}: has the value {value}; there "
                f"are {classes} classes, 0 to {classes - 1}, and data.ignore"
            )
