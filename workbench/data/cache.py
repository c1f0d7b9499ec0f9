"""A cache of decoded images: one memory-mapped file, shared by all runs on the same images.

A cache is a folder named by a hash of the listing (path, size, time of change) and of the
decoding's settings. It is built in a ``.part`` folder, under a lock, and renamed when complete;
a builder that is killed leaves that folder, in which the next one goes on.
"""

import contextlib
import hashlib
import json
import os
import shutil
import time
import warnings
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue

import numpy as np
import torch
from filelock import FileLock, Timeout
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from workbench.catalog.listing import ImageFile
from workbench.config.fitting import cache_folder
from workbench.data.dataset import Progress
from workbench.data.decode import BrokenImage, Fit, decode
from workbench.data.reading_watch import ReadingWatch
from workbench.errors import DataError

VERSION = 2  # of the decoding: a change of it makes every cache anew
PIXELS, DONE, META = "images.uint8", "done.uint8", "meta.json"
BATCH = 64  # files a job: small enough to show progress, large enough to cost nothing
POLL = 0.5  # seconds between two looks at another builder, and at files that take long
FORGET = 60 * 24 * 3600  # seconds after which a cache that nobody has opened is removed
SPARE = 64 << 20  # bytes to leave free on the disk

Bytes = NDArray[np.uint8]
Job = Future[dict[int, str]]  # row → what is wrong with its file


@dataclass(frozen=True)
class Decoding:
    """What an image is decoded to: [size, size, channels]."""

    size: int
    channels: int
    fit: Fit

    def shape(self, count: int) -> tuple[int, int, int, int]:
        """[count, size, size, channels]."""
        return (count, self.size, self.size, self.channels)

    def decode(self, path: Path) -> Bytes:
        """Decode one file; raises :class:`workbench.data.decode.BrokenImage`."""
        return decode(path, self.size, self.channels, self.fit)


@dataclass(frozen=True)
class Decoded:
    """All images of a listing, mapped from their cache."""

    folder: Path
    images: Tensor  # uint8 [M, C, S, S], channels-last, read-only, in the listing's order
    good: NDArray[np.bool_]  # [M]; False where ``problems`` has the file
    problems: list[tuple[str, str]]  # (path, what is wrong)
    content_hash: str  # sha256 of the pixels


def decoded(root: Path, files: Sequence[ImageFile], how: Decoding, progress: Progress) -> Decoded:
    """Open the cache of ``files``; builds it first if it is missing.

    Raises :class:`DataError` where there is no room or no permission to build it.
    """
    home = cache_folder() / "pictures"
    folder = home / _key(root, files, how)
    try:
        if not (folder / META).is_file():
            home.mkdir(parents=True, exist_ok=True)
            with _sole_builder(folder, len(files), progress):
                if not (folder / META).is_file():
                    _build(root, files, how, folder, progress)
                    _forget_unused(home)
        return _open(folder, files, how)
    except OSError as error:
        raise DataError(
            f"{error.filename or folder}: the cache of decoded images cannot be kept here "
            f"({error.strerror or error}); name another folder in $WORKBENCH_CACHE"
        ) from None


def _key(root: Path, files: Sequence[ImageFile], how: Decoding) -> str:
    digest = hashlib.sha256(f"{VERSION}\0{root}\0{how}\0".encode(errors="surrogateescape"))
    lines = (f"{file.path}\0{file.size}\0{file.mtime}\0{file.mode}\n" for file in files)
    digest.update("".join(lines).encode(errors="surrogateescape"))
    return digest.hexdigest()[:32]


@contextlib.contextmanager
def _sole_builder(folder: Path, total: int, progress: Progress) -> Iterator[None]:
    """Hold the cache's lock; while another process has it, report that one's progress."""
    lock = FileLock(folder.with_suffix(".lock"))
    while True:
        try:
            lock.acquire(timeout=POLL)
            break
        except Timeout:
            progress("another run is decoding these images", _count_done(folder), total)
    try:
        yield
    finally:
        lock.release()


def _count_done(folder: Path) -> int:
    try:
        return int(np.count_nonzero(np.fromfile(_part(folder) / DONE, dtype=np.uint8)))
    except OSError:
        return 0  # not begun, or finished at this moment


def _build(
    root: Path, files: Sequence[ImageFile], how: Decoding, folder: Path, progress: Progress
) -> None:
    part = _part(folder)
    part.mkdir(exist_ok=True)
    shape = how.shape(len(files))
    _check_room(part, int(np.prod(shape)))
    pixels = _map(part / PIXELS, shape)
    done = _map(part / DONE, (len(files),))
    problems = _decode_missing(root, files, how, pixels, done, progress)
    pixels.flush()
    meta = {
        "root": str(root),
        "sha256": hashlib.sha256(pixels.data).hexdigest(),
        "problems": [(files[row].path, problems[row]) for row in sorted(problems)],
    }
    with (part / META).open("w", encoding="utf-8") as out:
        json.dump(meta, out)
        out.flush()
        os.fsync(out.fileno())
    part.rename(folder)


def _decode_missing(
    root: Path,
    files: Sequence[ImageFile],
    how: Decoding,
    pixels: Bytes,
    done: Bytes,
    progress: Progress,
) -> dict[int, str]:
    """Decode what is not ``done`` yet, in threads (Pillow releases the interpreter's lock).

    Returns the problems by row. A file that takes long is named in the progress.
    """
    watch = ReadingWatch()

    def work(rows: NDArray[np.int64]) -> dict[int, str]:
        broken = {}
        for row in rows.tolist():
            try:
                with watch.reading(files[row].path):
                    pixels[row] = how.decode(root / files[row].path)
                done[row] = 1
            except BrokenImage as problem:
                pixels[row] = 0
                broken[row] = str(problem)
        return broken

    missing = np.flatnonzero(done == 0)
    finished, problems = len(files) - len(missing), dict[int, str]()
    progress("decoding images", finished, len(files))
    # Pillow's warning of large images is for servers; beyond twice that it still refuses.
    with warnings.catch_warnings(), ThreadPoolExecutor(os.cpu_count()) as pool:
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        jobs: dict[Job, int] = {
            pool.submit(work, rows): len(rows)
            for rows in np.split(missing, range(BATCH, len(missing), BATCH))
        }
        try:
            for job in _as_they_end(jobs):
                if job is not None:
                    problems.update(job.result())
                    finished += jobs[job]
                    progress("decoding images", finished, len(files))
                elif slow := watch.complaint():
                    progress(slow, finished, len(files))
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return problems


def _as_they_end(jobs: Iterable[Job]) -> Iterator[Job | None]:
    """Yield each job when it has ended; None for every ``POLL`` seconds without one."""
    ended, left = SimpleQueue[Job](), 0
    for job in jobs:
        job.add_done_callback(ended.put)
        left += 1
    while left:
        try:
            yield ended.get(timeout=POLL)
            left -= 1
        except Empty:
            yield None


def _open(folder: Path, files: Sequence[ImageFile], how: Decoding) -> Decoded:
    meta = json.loads((folder / META).read_text(encoding="utf-8"))
    with contextlib.suppress(OSError):  # somebody else's cache may be read-only
        os.utime(folder / META)  # opened today
    array = np.memmap(folder / PIXELS, dtype=np.uint8, mode="r", shape=how.shape(len(files)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # nobody writes to it: batches are copies
        images = torch.from_numpy(array).permute(0, 3, 1, 2)
    good = np.fromfile(folder / DONE, dtype=np.uint8) == 1
    problems = [(str(path), str(why)) for path, why in meta["problems"]]
    return Decoded(folder, images, good, problems, str(meta["sha256"]))


def _forget_unused(home: Path) -> None:
    """Remove caches not opened for ``FORGET`` seconds; a run that maps one keeps its pages."""
    for meta in home.glob(f"*/{META}"):
        if time.time() - meta.stat().st_mtime > FORGET:
            shutil.rmtree(meta.parent, ignore_errors=True)


def _part(folder: Path) -> Path:
    return folder.with_suffix(".part")


def _map(path: Path, shape: tuple[int, ...]) -> "np.memmap[tuple[int, ...], np.dtype[np.uint8]]":
    """Map a file for writing; what an earlier builder left in it stays."""
    size = int(np.prod(shape))
    with path.open("ab") as file:
        if file.tell() != size:
            file.truncate(size)
        if size and hasattr(os, "posix_fallocate"):
            # A sparse file on a disk that fills up would end the process with SIGBUS.
            os.posix_fallocate(file.fileno(), 0, size)
    return np.memmap(path, dtype=np.uint8, mode="r+", shape=shape)


def _check_room(part: Path, size: int) -> None:
    """Raise DataError where the disk is too full."""
    there = part / PIXELS
    missing = SPARE + size - (there.stat().st_blocks * 512 if there.exists() else 0)
    free = shutil.disk_usage(part).free
    if missing > free:
        raise DataError(
            f"{part.parent}: decoding the images needs {missing / 1e6:,.0f} MB and "
            f"{free / 1e6:,.0f} MB are free; make room or name another folder in $WORKBENCH_CACHE"
        )
