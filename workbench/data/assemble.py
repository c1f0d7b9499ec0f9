"""Makes a :class:`DataSet` from images and targets: limit, split, statistics, hash."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from workbench.catalog.splits import Rows, folded, limited, own_or_random_parts, stratified
from workbench.config import RunConfig
from workbench.config.sections.data_section import DataSection
from workbench.data.cache import Decoded
from workbench.data.dataset import DataSet, ImageRows, Split, take, tensor_hash
from workbench.data.statistics import kept_statistics, normalisation, spread
from workbench.data.uncached import Undecoded
from workbench.errors import DataError

CHUNK = 1000  # images scaled at once


def assemble(
    config: RunConfig,
    classes: Sequence[str],
    train: tuple[Tensor, Tensor],
    test: tuple[Tensor, Tensor],
) -> DataSet:
    """Make a data set from resident images (uint8 [N, C, H, W]) and labels (int64 [N]).

    ``data.limit`` is applied to the training images first, then ``data.validation``. The
    statistics are of the training images.
    """
    images, labels = train
    _check_memory(config, min(config.data.limit or len(images), len(images)) + len(test[0]))
    kept = limited(labels.numpy(), config.data.limit, config.data.split_seed)
    images, labels = resize(_rows(images, kept), config.data.size), _rows(labels, kept)
    tested = resize(test[0], config.data.size)
    rows, held_out = hold_out(labels.numpy(), config.data)
    splits = [
        _part(images, labels, rows),
        _part(images, labels, held_out),
        Split(tested, {"label": test[1]}),
    ]
    hashes = [tensor_hash(part.permute(0, 2, 3, 1)) for part in (images, tested)]
    content = content_hash(classes, hashes, splits, [rows, held_out])
    return _data_set(config, classes, splits, content)


def hold_out(labels: Rows, data: DataSection) -> tuple[Rows, Rows]:
    """Rows of the training images to train on and to validate with: a share of them, or a fold."""
    if data.folds:
        return folded(labels, data.folds, data.fold, data.split_seed)
    return stratified(labels, data.validation, data.split_seed)


def split_at_random(
    root: Path, good: NDArray[np.bool_], counts: tuple[int, int], data: DataSection
) -> list[Rows]:
    """Rows of a cache for the three splits: those the data set has, the others at random.

    ``good`` says which can be used, ``counts`` how many rows training and validation have.
    Raises :class:`DataError` where a split would be empty.
    """
    rows, shares = np.flatnonzero(good), (data.validation, float(getattr(data, "test", 0)))
    parts = own_or_random_parts(rows, counts, shares, data.limit, data.split_seed)
    if not all(map(len, parts)):
        raise DataError(f"{root}: too few images to split, {len(rows)} can be read")
    return parts


def assemble_splits(
    config: RunConfig,
    classes: Sequence[str],
    parts: Sequence[tuple[Tensor, Tensor]],
    given: frozenset[str],
) -> DataSet:
    """A data set of three parts that are there already: images and labels, scaled to the size.

    ``data.limit`` is taken from the training images.
    """
    data = config.data
    _check_memory(config, sum(len(images) for images, _ in parts))
    kept = limited(parts[0][1].numpy(), data.limit, data.split_seed)
    parts = [(_rows(parts[0][0], kept), _rows(parts[0][1], kept)), *parts[1:]]
    scaled = [resize(images, data.size) for images, _ in parts]
    splits = [
        Split(images, {"label": labels}) for images, (_, labels) in zip(scaled, parts, strict=True)
    ]
    hashes = [tensor_hash(images.permute(0, 2, 3, 1)) for images in scaled]
    return replace(
        _data_set(config, classes, splits, content_hash(classes, hashes, splits, [])), given=given
    )


def assemble_cached(
    config: RunConfig,
    classes: Sequence[str],
    cache: Decoded | Undecoded,
    parts: Sequence[Rows],
    targets: Sequence[dict[str, Tensor]],
) -> DataSet:
    """Make a data set of images that are read by batches, from a cache or their own files.

    ``parts`` are the cache's rows for training, validation and test, ``targets`` the targets of
    each part.
    """
    splits = [
        Split(ImageRows(cache.images, torch.from_numpy(rows)), target)
        for rows, target in zip(parts, targets, strict=True)
    ]
    content = content_hash(classes, [cache.content_hash], splits, parts)
    return _data_set(config, classes, splits, content, cache.problems)


def _data_set(
    config: RunConfig,
    classes: Sequence[str],
    splits: Sequence[Split],
    content: str,
    skipped: Sequence[tuple[str, str]] = (),
) -> DataSet:
    train, validation, test = splits
    mean, std = normalisation(config, lambda: kept_statistics(spread(train.images), content))
    return DataSet(
        name=config.data.name,
        classes=tuple(classes),
        train=train,
        validation=validation,
        test=test,
        mean=mean,
        std=std,
        content_hash=content,
        skipped=list(skipped),
    )


def content_hash(
    classes: Sequence[str], images: Sequence[str], splits: Sequence[Split], parts: Sequence[Rows]
) -> str:
    """sha256 over class names, hashes of the images, targets and the rows of the splits."""
    digest = hashlib.sha256("\0".join((*classes, *images)).encode())
    for split in splits:
        for name in sorted(split.targets):
            digest.update(f"{name} {tensor_hash(split.targets[name])} ".encode())
    for rows in parts:
        digest.update(rows.astype("<i8").tobytes())
    return digest.hexdigest()


def _check_memory(config: RunConfig, count: int) -> None:
    """Raise DataError where the scaled images would not fit into memory."""
    data = config.data
    needed = count * data.channels * data.size**2
    available = psutil.virtual_memory().available
    if needed > available:
        raise DataError(
            f"data.size: {count:,} images of {data.size}×{data.size} need {needed / 1e9:,.1f} GB "
            f"and {available / 1e9:,.1f} GB of memory are free; choose a smaller size or data.limit"
        )


def resize(images: Tensor, size: int) -> Tensor:
    """Scale uint8 [N, C, H, W] to ``size``×``size`` (bilinear, antialiased), channels-last."""
    if images.shape[2:] == (size, size):
        return images.contiguous(memory_format=torch.channels_last)
    shape = (*images.shape[:2], size, size)
    out = torch.empty(shape, dtype=torch.uint8, memory_format=torch.channels_last)
    for start in range(0, len(images), CHUNK):
        chunk = images[start : start + CHUNK].float()
        scaled = F.interpolate(
            chunk, size=(size, size), mode="bilinear", antialias=True, align_corners=False
        )
        out[start : start + CHUNK] = scaled.round_().clamp_(0, 255).to(torch.uint8)
    return out


def _part(images: Tensor, labels: Tensor, rows: Rows) -> Split:
    """Some of the images, without a copy of them."""
    wanted = torch.from_numpy(rows)
    return Split(ImageRows(images, wanted), {"label": labels[wanted]})


def _rows(tensor: Tensor, rows: Rows) -> Tensor:
    if len(rows) == len(tensor):
        return tensor
    wanted = torch.from_numpy(rows)
    return take(tensor, wanted) if tensor.ndim == 4 else tensor[wanted]
