"""A folder of pictures, one folder a class, decoded once."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from workbench.config import RunConfig
from workbench.config.data import ImageFolderData
from workbench.data.assemble import assemble
from workbench.data.dataset import DataSet, Progress
from workbench.data.decode import BrokenPicture, decode
from workbench.data.split import stratified
from workbench.errors import DataError
from workbench.pictures import PictureFile, find_pictures


def load(config: RunConfig, progress: Progress) -> DataSet:
    """Load ``data.root``; broken pictures are listed in ``skipped`` and left out.

    Raises :class:`DataError` for a folder that cannot be used, or a class of
    which no training picture can be read.
    """
    data = config.data
    assert isinstance(data, ImageFolderData)
    folder = find_pictures(Path(data.root))
    train, test = folder.train, folder.test
    if not test:
        labels = np.array([file.label for file in train], dtype=np.int64)
        kept, apart = stratified(labels, data.test, data.split_seed)
        train, test = tuple(train[i] for i in kept), tuple(train[i] for i in apart)
    skipped: list[tuple[str, str]] = []
    halves = [_decode_all(folder.root, files, data, progress, skipped) for files in (train, test)]
    present = set(halves[0][1].tolist())
    for label, name in enumerate(folder.classes):
        if label not in present:
            raise DataError(
                f"{folder.root}: no picture of class {name!r} can be read; first: "
                + next(f"{path}: {why}" for path, why in skipped)
            )
    return replace(assemble(config, folder.classes, halves[0], halves[1]), skipped=skipped)


def _decode_all(
    root: Path,
    files: Sequence[PictureFile],
    data: ImageFolderData,
    progress: Progress,
    skipped: list[tuple[str, str]],
) -> tuple[Tensor, Tensor]:
    images = np.zeros((len(files), data.channels, data.size, data.size), dtype=np.uint8)
    good = np.ones(len(files), dtype=bool)

    def fill(row: int) -> str | None:
        try:
            images[row] = decode(root / files[row].path, data.size, data.channels, data.fit)
        except BrokenPicture as problem:
            return str(problem)
        return None

    with ThreadPoolExecutor() as pool:
        for row, problem in enumerate(pool.map(fill, range(len(files)))):
            if problem is not None:
                good[row] = False
                skipped.append((files[row].path, problem))
            if row % 500 == 0 or row + 1 == len(files):
                progress("decoding pictures", row + 1, len(files))
    labels = np.array([file.label for file in files], dtype=np.int64)
    return torch.from_numpy(images[good]), torch.from_numpy(labels[good])
