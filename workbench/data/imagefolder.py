"""A folder of pictures, one folder a class, decoded once and mapped from there.

The pictures stay in the cache's file and are read by batches through the page
cache: a small set costs what a resident one does, a large one needs no memory.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from workbench.config import RunConfig
from workbench.config.data import ImageFolderData
from workbench.data.assemble import content_hash
from workbench.data.cache import Decoded, Decoding, decoded
from workbench.data.dataset import DataSet, PictureRows, Progress, Split
from workbench.data.split import limited, stratified
from workbench.data.statistics import kept_statistics, normalisation
from workbench.errors import DataError
from workbench.pictures import PictureFile, PictureFolder, find_pictures

Rows = NDArray[np.int64]


def load(config: RunConfig, progress: Progress) -> DataSet:
    """Load ``data.root``; broken pictures are listed in ``skipped`` and left out.

    Raises :class:`DataError` for a folder that cannot be used, or a class of
    which no training picture can be read.
    """
    data = config.data
    assert isinstance(data, ImageFolderData)
    progress("listing pictures", 0, 0)
    folder = find_pictures(Path(data.root))
    halves = _choose(folder, data)
    files = [file for half in halves for file in half]
    cache = decoded(folder.root, files, Decoding(data.size, data.channels, data.fit), progress)
    labels = _labels(files)
    _check_classes(folder, halves[0], cache)
    parts = _split_rows([len(half) for half in halves], labels, cache.good, data)
    splits = [
        Split(
            PictureRows(cache.pictures, torch.from_numpy(rows)),
            {"label": torch.from_numpy(labels[rows])},
        )
        for rows in parts
    ]
    content = content_hash(folder.classes, [cache.content_hash], splits, parts)
    mean, std = normalisation(config, lambda: kept_statistics(splits[0].images, content))
    return DataSet(
        name=data.name,
        classes=folder.classes,
        train=splits[0],
        validation=splits[1],
        test=splits[2],
        mean=mean,
        std=std,
        content_hash=content,
        skipped=cache.problems,
    )


def _choose(folder: PictureFolder, data: ImageFolderData) -> list[list[PictureFile]]:
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
    """Rows of the cache for training, validation and test, without broken pictures."""
    starts = np.cumsum([0, *counts])
    train, validation, test = (
        start + np.flatnonzero(good[start : start + count])
        for start, count in zip(starts, counts, strict=False)
    )
    if not len(validation):
        kept, apart = stratified(labels[train], data.validation, data.split_seed)
        train, validation = train[kept], train[apart]
    return [train, validation, test]


def _check_classes(folder: PictureFolder, train: Sequence[PictureFile], cache: Decoded) -> None:
    reasons = dict(cache.problems)
    counts = np.bincount(_labels(train)[cache.good[: len(train)]], minlength=len(folder.classes))
    for label, name in enumerate(folder.classes):
        if not counts[label]:
            path = next(file.path for file in train if file.label == label)
            raise DataError(
                f"{folder.root}: no picture of class {name!r} can be read; {path}: {reasons[path]}"
            )


def _labels(files: Sequence[PictureFile]) -> Rows:
    return np.array([file.label for file in files], dtype=np.int64)
