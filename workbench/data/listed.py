"""A data set of listed images with one class each, through the cache of decoded images.

The images stay in the memory-mapped cache and are read by batches: a small set costs what a
resident one does, a large one needs no memory. With ``data.cache = "none"`` there is no cache.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from numpy.typing import NDArray

from workbench.catalog.listing import ImageFile, ImageListing
from workbench.catalog.splits import Rows, limited, stratified
from workbench.config import RunConfig
from workbench.config.sections.listed_data import FileListedData, ListedData
from workbench.data.assemble import assemble_cached, hold_out
from workbench.data.cache import Decoded, Decoding, decoded
from workbench.data.dataset import DataSet, Progress
from workbench.data.decode import decode_opened
from workbench.data.uncached import Undecoded, undecoded
from workbench.errors import ConfigError, DataError


@dataclass(frozen=True)
class PackedDecoding(Decoding):
    """Decodes an image that is a part of a larger file, which ``opened`` finds by its path."""

    opened: Callable[[Path], BinaryIO] = field(repr=False)

    def decode(self, path: Path) -> NDArray[np.uint8]:
        """Decode one image; raises :class:`workbench.data.decode.BrokenImage`."""
        return decode_opened(partial(self.opened, path), self.size, self.channels, self.fit)


def load_listed(
    config: RunConfig, listing: ImageListing, how: Decoding, progress: Progress
) -> DataSet:
    """Decode, split and label the images of a listing; broken ones are skipped and listed.

    Raises :class:`DataError` where of a class no training image can be read.
    """
    data = config.data
    assert isinstance(data, ListedData)
    if data.folds and listing.validation:
        raise ConfigError(
            {"data.folds": f"{listing.root} has images for validation of its own: leave it at 0"}
        )
    halves = _choose(listing, data)
    files = [file for half in halves for file in half]
    cache = open_images(listing.root, files, how, config, progress)
    labels = _labels(files)
    _check_classes(listing, halves[0], cache)
    parts = _split_rows([len(half) for half in halves], labels, cache.good, data)
    targets = [{"label": torch.from_numpy(labels[rows])} for rows in parts]
    data_set = assemble_cached(config, listing.classes, cache, parts, targets)
    own = {"validation": listing.validation, "test": listing.test}
    return replace(
        data_set,
        skipped=[*data_set.skipped, *listing.skipped],
        given=frozenset(split for split, files in own.items() if files),
    )


def open_images(
    root: Path, files: Sequence[ImageFile], how: Decoding, config: RunConfig, progress: Progress
) -> Decoded | Undecoded:
    """The images of files: decoded once, or with ``data.cache = "none"`` as they are read."""
    if isinstance(config.data, FileListedData) and config.data.cache == "none":
        return undecoded(root, files, how, config.data.workers)
    return decoded(root, files, how, progress)


def _choose(listing: ImageListing, data: ListedData) -> list[list[ImageFile]]:
    """The files of training, validation and test; only a folder of its own fills the second."""
    train, test = list(listing.train), list(listing.test)
    if not test:
        kept, apart = stratified(_labels(train), data.test, data.split_seed)
        train, test = [train[row] for row in kept], [train[row] for row in apart]
    rows = limited(_labels(train), data.limit, data.split_seed)
    return [[train[row] for row in rows], list(listing.validation), test]


def _split_rows(
    counts: list[int], labels: Rows, good: NDArray[np.bool_], data: ListedData
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


def _check_classes(
    listing: ImageListing, train: Sequence[ImageFile], cache: Decoded | Undecoded
) -> None:
    reasons = dict(cache.problems)
    counts = np.bincount(_labels(train)[cache.good[: len(train)]], minlength=len(listing.classes))
    for label, name in enumerate(listing.classes):
        path = next((file.path for file in train if file.label == label), None)
        if path is not None and not counts[label]:
            raise DataError(
                f"{listing.root}: no image of class {name!r} can be read; {path}: {reasons[path]}"
            )


def _labels(files: Sequence[ImageFile]) -> Rows:
    return np.array([file.label for file in files], dtype=np.int64)
