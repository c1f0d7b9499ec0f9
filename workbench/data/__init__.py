"""Data sets as uint8 tensors, by name: ``workbench/data/<name>.py`` loads the data set ``name``."""

import importlib

from workbench.config import RunConfig
from workbench.data.dataset import DataSet, PictureRows, Pictures, Progress, Split, no_progress

__all__ = ["DataSet", "PictureRows", "Pictures", "Progress", "Split", "load_data", "no_progress"]


def load_data(config: RunConfig, progress: Progress = no_progress) -> DataSet:
    """Load the data set of a resolved configuration, split into training, validation and test.

    ``progress`` is called as ``progress(message, done, total)`` while something
    takes long. Raises :class:`workbench.errors.DataError` where the data is
    missing or damaged beyond use.
    """
    loader = importlib.import_module(f"workbench.data.{config.data.name}")
    data: DataSet = loader.load(config, progress)
    return data
