"""Images that are decoded whenever they are needed: ``data.cache = "none"``, for very large sets.

Any order can be read; training reads ahead in its own (:class:`Ahead`), by the worker processes
of a torch ``DataLoader``. What an image is decoded to does not depend on who decodes it.
"""

import hashlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from workbench.catalog.listing import ImageFile
from workbench.data.cache import Decoding
from workbench.data.decode import BrokenImage

MOST_WORKERS = 8  # where ``data.workers`` is 0
BATCHES_AHEAD = 2  # of each worker
Plan = Callable[[int], Tensor]  # step (from 0) → rows of its batch, int64 [B]


class UncachedImages(Dataset[Tensor]):
    """The images of a listing, decoded when they are indexed: uint8 [M, C, S, S], channels-last.

    An image that cannot be decoded is black; its file and what is wrong go to the log.
    """

    device = torch.device("cpu")

    def __init__(
        self, root: Path, files: Sequence[ImageFile], how: Decoding, workers: int = 0
    ) -> None:
        self.root, self.files, self.how = root, files, how
        self.workers = workers or min(MOST_WORKERS, _cores())
        height, width, channels = how.shape(1)[1:]
        self.shape = torch.Size((len(files), channels, height, width))
        self._pool: ThreadPoolExecutor | None = None

    def __len__(self) -> int:
        return len(self.files)

    def gather(self, rows: Tensor) -> Tensor:
        """Images of ``rows`` (int64 [B]), decoded by threads."""
        self._pool = self._pool or ThreadPoolExecutor(self.workers)
        return _stacked(list(self._pool.map(self._decode, rows.tolist())))

    def __getitems__(self, rows: list[int]) -> Tensor:
        """The images of a batch, decoded one after the other (in a process of their own)."""
        return _stacked([self._decode(row) for row in rows])

    def ahead(self, plan: Plan) -> "Ahead":
        """The batches of a plan, read ahead."""
        return Ahead(self, plan)

    def _decode(self, row: int) -> np.ndarray:
        path = self.files[row].path
        try:
            return self.how.decode(self.root / path)
        except BrokenImage as problem:
            print(f"{path} is black in this batch: {problem}", file=sys.stderr)
            return np.zeros(self.how.shape(1)[1:], dtype=np.uint8)


class Ahead:
    """Batches by step, decoded ahead in the order of the steps; a step out of order begins anew."""

    def __init__(self, images: UncachedImages, plan: Plan) -> None:
        self.images, self.plan = images, plan
        self._coming: Iterator[Tensor] | None = None
        self._next = -1

    def batch(self, step: int) -> Tensor:
        """The images uint8 [B, C, S, S] of a step, counted from 0."""
        if self._coming is None or step != self._next:
            self._coming = self._begin(step)
        self._next = step + 1
        return next(self._coming)

    def _begin(self, step: int) -> Iterator[Tensor]:
        loader: DataLoader[Any] = DataLoader(
            self.images,
            batch_sampler=_RowsFrom(self.plan, step),
            num_workers=self.images.workers,
            prefetch_factor=BATCHES_AHEAD,
            collate_fn=_same,
        )
        return iter(loader)


class _RowsFrom:
    """The rows of a plan's steps from ``step`` on, without an end."""

    def __init__(self, plan: Plan, step: int) -> None:
        self.plan, self.step = plan, step

    def __iter__(self) -> Iterator[list[int]]:
        step = self.step
        while True:
            yield self.plan(step).tolist()
            step += 1


@dataclass(frozen=True)
class Undecoded:
    """What :class:`workbench.data.cache.Decoded` is, for images that are decoded when read."""

    images: UncachedImages
    good: NDArray[np.bool_]  # [M], all True: what is broken shows when it is read
    problems: list[tuple[str, str]]  # none yet
    content_hash: str  # sha256 of paths, sizes and decoding, not of the pixels


def undecoded(root: Path, files: Sequence[ImageFile], how: Decoding, workers: int) -> Undecoded:
    """As :func:`workbench.data.cache.decoded`, without decoding: all files are taken to be good."""
    digest = hashlib.sha256(f"uncached\0{how}\0".encode())
    lines = (f"{file.path}\0{file.size}\n" for file in files)
    digest.update("".join(lines).encode(errors="surrogateescape"))
    images = UncachedImages(root, files, how, workers)
    good = np.ones(len(files), dtype=np.bool_)
    return Undecoded(images, good, [], digest.hexdigest())


def _stacked(images: list[np.ndarray]) -> Tensor:
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2)


def _same(batch: Any) -> Any:
    return batch


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
