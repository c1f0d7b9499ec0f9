"""Loads data sets as uint8 tensors; ``workbench/data/sets/<name>.py`` loads ``name``."""

import importlib

from workbench.config import RunConfig
from workbench.config.split_check import check_loaded
from workbench.data.dataset import DataSet, ImageRows, Images, Progress, Split, no_progress
from workbench.data.given import as_data_set

__all__ = [
    "DataSet",
    "ImageRows",
    "Images",
    "Progress",
    "Split",
    "load_data",
    "no_progress",
    "what_is_missing",
]


def load_data(config: RunConfig, progress: Progress = no_progress) -> DataSet:
    """Load the data set of a resolved configuration, split into training, validation and test.

    ``progress`` is called as ``progress(message, done, total)`` meanwhile. Raises
    :class:`workbench.errors.DataError` where the data is missing or unusable.
    """
    if load := getattr(config.data, "load", None):  # of a package's own section
        return as_data_set(config, load(config, progress))
    loader = importlib.import_module(f"workbench.data.sets.{config.data.name}")
    data: DataSet = loader.load(config, progress)
    return data


def what_is_missing(config: RunConfig, data: DataSet) -> list[str]:
    """The classes that are missing in splits of a loaded data set and may be, a line a split.

    Raises :class:`workbench.errors.DataError` where a split is empty, or lacks a class and
    ``data.allow_missing_classes`` is off.
    """
    counts = {name: data.class_counts(name) for name in data.splits}
    sizes = {name: len(split) for name, split in data.splits.items()}
    return check_loaded(config, data.classes, counts, sizes, data.given)
