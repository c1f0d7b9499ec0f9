"""Data that somebody's code gives: arrays or map-style torch data sets, as a :class:`DataSet`."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from workbench.config import RunConfig
from workbench.data.assemble import assemble_splits, hold_out
from workbench.data.dataset import DataSet
from workbench.errors import DataError

Pair = tuple[Tensor, Tensor]  # uint8 [N, C, H, W] and int64 [N]
WANTED = "give images and labels (arrays), or a data set with len() and [i] → (image, label)"


def as_data_set(config: RunConfig, given: Any) -> DataSet:
    """What a function or plugin gave: a :class:`DataSet`, or (train, validation or None, test).

    Each part is a pair of arrays – images uint8 [N, H, W], [N, H, W, C] or [N, C, H, W], or
    floats 0 to 1, and labels – or a map-style data set of such. Classes are numbered as the
    labels are. Raises :class:`DataError`, naming the part, for anything else.
    """
    if isinstance(given, DataSet):
        return given
    if not isinstance(given, tuple | list) or len(given) != 3:
        raise DataError(f"{_source(config)}: must give (train, validation or None, test)")
    names = ("train", "validation", "test")
    parts = {
        name: read_pair(part, f"{_source(config)}: {name}")
        for name, part in zip(names, given, strict=True)
        if part is not None
    }
    if "train" not in parts or "test" not in parts:
        raise DataError(f"{_source(config)}: train and test must be given; validation may be None")
    own = frozenset(parts)
    if config.data.folds and "validation" in parts:
        raise DataError(
            f"{_source(config)}: gives a validation split of its own: leave data.folds at 0"
        )
    if "validation" not in parts:
        images, labels = parts["train"]
        rows, apart = (torch.from_numpy(r) for r in hold_out(labels.numpy(), config.data))
        parts["train"] = images[rows], labels[rows]
        parts["validation"] = images[apart], labels[apart]
    classes = _classes(config, parts)
    return assemble_splits(config, classes, [parts[name] for name in names], own - {"train"})


def read_pair(part: Any, where: str) -> Pair:
    """Images and labels of one part as tensors; raises :class:`DataError`."""
    if isinstance(part, tuple | list) and len(part) == 2 and _is_array(part[0]):
        images, labels = part
    elif hasattr(part, "__len__") and hasattr(part, "__getitem__"):
        images, labels = _gather(part, where)
    else:
        raise DataError(f"{where}: is {type(part).__name__}; {WANTED}")
    return read_images(_numpy(images), where), read_labels(_numpy(labels), len(images), where)


def read_images(images: np.ndarray, where: str) -> Tensor:
    """Images as uint8 [N, C, H, W], C 1 or 3; raises :class:`DataError`."""
    if images.ndim == 3:
        images = images[:, None]
    elif images.ndim == 4 and images.shape[3] in (1, 3):
        images = images.transpose(0, 3, 1, 2)
    if images.ndim != 4 or images.shape[1] not in (1, 3) or not images.size:
        shape = "×".join(map(str, images.shape))
        raise DataError(
            f"{where}: images of shape {shape}; [N, H, W], [N, H, W, C] or [N, C, H, W]"
        )
    if images.dtype.kind == "f":
        if not np.isfinite(images).all() or images.min() < 0 or images.max() > 1:
            raise DataError(f"{where}: float images must lie between 0 and 1")
        images = np.rint(images * 255).astype(np.uint8)
    if images.dtype != np.uint8:
        raise DataError(f"{where}: images are {images.dtype}; uint8, or floats between 0 and 1")
    return torch.from_numpy(np.ascontiguousarray(images))


def read_labels(labels: np.ndarray, count: int, where: str) -> Tensor:
    """Labels as int64 [N], from 0 on; raises :class:`DataError`."""
    if labels.shape != (count,):
        shape = "×".join(map(str, labels.shape))
        raise DataError(f"{where}: {count} images and labels of shape {shape or 'one number'}")
    if labels.dtype.kind not in "iub" or (count and labels.min() < 0):
        raise DataError(f"{where}: labels must be whole numbers from 0 on (got {labels.dtype})")
    return torch.from_numpy(labels.astype(np.int64))


def _gather(part: Any, where: str) -> tuple[np.ndarray, np.ndarray]:
    """All items of a map-style data set."""
    images, labels = [], []
    for index in range(len(part)):
        try:
            image, label = part[index]
            images.append(_numpy(image))
            labels.append(int(label))
        except Exception as error:  # noqa: BLE001 (whatever somebody's data set raises)
            words = (str(error).splitlines() or [""])[0]
            raise DataError(
                f"{where}: item {index} failed: {type(error).__name__}: {words}; {WANTED}"
            ) from None
    shapes = {image.shape for image in images}
    if len(shapes) != 1:
        raise DataError(f"{where}: images of {len(shapes)} shapes; scale them to one size")
    return np.stack(images), np.array(labels)


def _classes(config: RunConfig, parts: dict[str, Pair]) -> Sequence[str]:
    highest = max(int(labels.max()) for _, labels in parts.values() if len(labels))
    if highest >= config.data.classes:
        raise DataError(
            f"{_source(config)}: a label {highest}; data.classes is {config.data.classes}"
        )
    return [f"class {label}" for label in range(config.data.classes)]


def _source(config: RunConfig) -> str:
    return str(getattr(config.data, "target", f"data {config.data.name}"))


def _is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray | Tensor)


def _numpy(value: Any) -> np.ndarray:
    return value.numpy() if isinstance(value, Tensor) else np.asarray(value)
