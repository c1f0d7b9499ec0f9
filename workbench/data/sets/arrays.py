"""Arrays in files: ``.npz``, ``.safetensors``, or a folder of ``.npy``; nothing in them runs."""

import numpy as np
import torch

from workbench.catalog.arrays import ArrayFiles, find_arrays, read_array
from workbench.catalog.splits import stratified
from workbench.config import RunConfig
from workbench.config.sections.own_data import ArraysData
from workbench.data.dataset import DataSet, Progress
from workbench.data.given import as_data_set, read_images, read_labels
from workbench.errors import DataError


def load(config: RunConfig, progress: Progress) -> DataSet:
    """Load ``data.root``: ``x_train``, ``y_train`` and, where there are any, ``_val``, ``_test``.

    Raises :class:`DataError`, naming the array, for a wrong shape or type.
    """
    data = config.data
    assert isinstance(data, ArraysData)
    progress("reading arrays", 0, 0)
    files = find_arrays(data.root)
    parts = {split: _part(files, split) for split in files.splits}
    if "test" not in parts:
        images, labels = parts["train"]
        rows, apart = stratified(labels.numpy(), data.test, data.split_seed)
        kept, held = torch.from_numpy(rows), torch.from_numpy(apart)
        parts |= {"train": (images[kept], labels[kept]), "test": (images[held], labels[held])}
    return as_data_set(config, (parts["train"], parts.get("val"), parts["test"]))


def _part(files: ArrayFiles, split: str) -> tuple[torch.Tensor, torch.Tensor]:
    images, labels = (read_array(files, f"{kind}_{split}") for kind in ("x", "y"))
    where = f"{files.root}: x_{split}"
    if labels.dtype.kind == "f" and np.array_equal(labels, np.rint(labels)):
        raise DataError(f"{files.root}: y_{split} holds floats; labels are whole numbers")
    return read_images(images, where), read_labels(labels, len(images), f"{files.root}: y_{split}")
