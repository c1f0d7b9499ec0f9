"""Loads a folder of images, one folder a class, through the cache of decoded images.

The images stay in the memory-mapped cache and are read by batches: a small set costs what a
resident one does, a large one needs no memory.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from workbench.catalog.image_folder import ImageFile, ImageFolder, find_images
from workbench.catalog.splits import Rows, limited, stratified
from workbench.config import RunConfig
from workbench.config.sections.data import ImageFolderData
from workbench.data.assemble import assemble_cached, hold_out
from workbench.data.cache import Decoded, Decoding, decoded
from workbench.data.dataset import DataSet, Progress
from workbench.errors import DataError


def load(config: RunConfig, progress: Progress) -> DataSet:
    """Load ``data.root``; broken images are skipped and listed in ``skipped``.

    Raises :class:`DataError` for a folder that cannot be used, or a class of
    which no training image can be read.
    """
    data = config.data
    assert isinstance(data, ImageFolderData)
    progress("listing images", 0, 0)
    folder = find_images(Path(data.root))
    halves = _choose(folder, data)
    files = [file for half in halves for file in half]
    cache = decoded(folder.root, files, Decoding(data.size, data.channels, data.fit), progress)
    labels = _labels(files)
    _check_classes(folder, halves[0], cache)
    parts = _split_rows([len(half) for half in halves], labels, cache.good, data)
    targets = [{"label": torch.from_numpy(labels[rows])} for rows in parts]
    data_set = assemble_cached(config, folder.classes, cache, parts, targets)
    own = {"validation": folder.validation, "test": folder.test}
    return replace(
        data_set,
        skipped=[*data_set.skipped, *folder.skipped],
        given=frozenset(split for split, files in own.items() if files),
    )


def _choose(folder: ImageFolder, data: ImageFolderData) -> list[list[ImageFile]]:
    """The files of training, validation and test; only a folder of its own fills the second."""
    train, test = list(folder.train), list(folder.test)
    if not test:
        kept, apart = stratified(_labels(train), data.test, data.split_seed)
        train, test = [train[row] for row in kept], [train[row] for row in apart]
    rows = limited(_labels(train), data.limit, data.split_seed)
    return [[train[row] for row in rows], list(folder.validation), test]


def _split_rows(
    counts: list[int], labels: Rows, good: NDArray[np.bool_], data: ImageFolderData
) -> list[Rows]:
    """Rows of the cache for training, validation and test, without broken images."""
    starts = np.cumsum([0, *counts])
    train, validation, test = (
        start + np.flatnonzero(good[start : start + count])
        for start, count in zip(starts, counts, strict=False)
    )
    if not len(validation):
        kept, apart = hold_out(labels[train], data)
        train, validation = train[kept], train[apart]
    return [train, validation, test]


def _check_classes(folder: ImageFolder, train: Sequence[ImageFile], cache: Decoded) -> None:
    reasons = dict(cache.problems)
    counts = np.bincount(_labels(train)[cache.good[: len(train)]], minlength=len(folder.classes))
    for label, name in enumerate(folder.classes):
        path = next((file.path for file in train if file.label == label), None)
        if path is not None and not counts[label]:
            raise DataError(
                f"{folder.root}: no image of class {name!r} can be read; {path}: {reasons[path]}"
            )


def _labels(files: Sequence[ImageFile]) -> Rows:
    return np.array([file.label for file in files], dtype=np.int64)
