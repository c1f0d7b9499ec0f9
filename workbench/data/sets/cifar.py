"""Downloads, checks and reads CIFAR-10 and CIFAR-100 through torchvision.

Source: A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009.
"""

import contextlib
import urllib.request
from pathlib import Path
from typing import Any, BinaryIO

import torch
from filelock import FileLock
from torch import Tensor

from workbench.config import RunConfig
from workbench.config.fitting import cache_folder
from workbench.data.assemble import assemble
from workbench.data.dataset import DataSet, Progress
from workbench.errors import DataError
from workbench.system.regular_files import open_regular

BLOCK = 1 << 18  # bytes a read
TIMEOUT = 30  # seconds without an answer


def load(config: RunConfig, progress: Progress, reader: Any) -> DataSet:
    """Load a data set through ``reader`` (torchvision's CIFAR10 or CIFAR100 class).

    torchvision compares the md5 of every file with the published one before it
    unpickles it, so that nothing but the authors' own files is ever read.
    Raises :class:`DataError` where the files are missing and cannot be fetched.
    """
    root, message = Path(config.data.root), f"reading {config.data.name}"
    try:
        _refuse_irregular(reader, root)
        if not _complete(reader, root):
            cache_folder().mkdir(parents=True, exist_ok=True)
            with FileLock(cache_folder() / f"{config.data.name}.lock"):
                if not _complete(reader, root):  # nobody else has fetched it meanwhile
                    _fetch(reader, root, progress)
        progress(message, 0, 2)
        train = reader(root, train=True)
        progress(message, 1, 2)
        test = reader(root, train=False)
        progress(message, 2, 2)
    except OSError as error:
        raise DataError(f"{error.filename or root}: {error.strerror or error}") from None
    return assemble(config, train.classes, _tensors(train), _tensors(test))


def _tensors(half: Any) -> tuple[Tensor, Tensor]:
    images = torch.from_numpy(half.data).permute(0, 3, 1, 2)  # channels-last as it comes
    return images, torch.tensor(half.targets, dtype=torch.int64)


def _files(reader: Any) -> list[tuple[str, str]]:
    """Name and md5 of every file in the archive."""
    listed = [*reader.train_list, *reader.test_list]
    return [*map(tuple, listed), (reader.meta["filename"], reader.meta["md5"])]


def _refuse_irregular(reader: Any, root: Path) -> None:
    """Raise OSError where a pipe, a device or the like stands in a file's place."""
    folder = root / reader.base_folder
    for path in (root / reader.filename, *(folder / name for name, _ in _files(reader))):
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            open_regular(path).close()


def _complete(reader: Any, root: Path) -> bool:
    from torchvision.datasets.utils import check_integrity

    folder = root / reader.base_folder
    return all(check_integrity(str(folder / name), md5) for name, md5 in _files(reader))


def _fetch(reader: Any, root: Path, progress: Progress) -> None:
    """Download the archive into ``root`` if it is missing, check and unpack it."""
    from torchvision.datasets.utils import check_integrity, extract_archive

    archive = root / reader.filename
    where = (
        f"put {reader.filename} (md5 {reader.tgz_md5}) from {reader.url} into {root}{_hint(root)}"
    )
    if archive.exists() and not check_integrity(str(archive), reader.tgz_md5):
        raise DataError(f"{archive}: damaged, its md5 differs; {where}")
    try:
        if not archive.exists():
            _download(reader.url, archive, progress)
            if not check_integrity(str(archive), reader.tgz_md5):
                archive.unlink()
                raise DataError(f"{reader.url}: the download is damaged, its md5 differs; {where}")
        progress(f"unpacking {archive.name}", 0, 0)
        extract_archive(str(archive), str(root))
    except OSError as error:  # URLError, the network's own, is one
        cause = getattr(error, "reason", error)
        why = getattr(cause, "strerror", None) or cause
        raise DataError(
            f"{root}: no {reader.base_folder}/ here, no download ({why}); {where}"
        ) from None
    if not _complete(reader, root):
        raise DataError(f"{root / reader.base_folder}: files are missing or damaged; remove it")


def _hint(root: Path) -> str:
    if (root / "train").is_dir():
        return "; for the image folder that is here, set data.name=imagefolder"
    return ""


def _download(url: str, target: Path, progress: Progress) -> None:
    """Download to a ``.part`` file, which becomes ``target`` when it is complete."""
    part = target.with_name(target.name + ".part")
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT) as answer, _created(part) as out:
            total, done = int(answer.headers.get("Content-Length") or 0), 0
            while block := answer.read(BLOCK):
                out.write(block)
                done += len(block)
                progress(f"downloading {target.name}", done, total)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _created(path: Path) -> BinaryIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("wb")
