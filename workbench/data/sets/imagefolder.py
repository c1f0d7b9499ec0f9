"""Loads a folder of images, one folder a class, through the cache of decoded images."""

from pathlib import Path

from workbench.catalog.image_folder import find_images
from workbench.config import RunConfig
from workbench.config.sections.listed_data import ImageFolderData
from workbench.data.cache import Decoding
from workbench.data.dataset import DataSet, Progress
from workbench.data.listed import load_listed


def load(config: RunConfig, progress: Progress) -> DataSet:
    """Load ``data.root``; broken images are skipped and listed in ``skipped``.

    Raises :class:`DataError` for a folder that cannot be used, or a class of
    which no training image can be read.
    """
    data = config.data
    assert isinstance(data, ImageFolderData)
    progress("listing images", 0, 0)
    listing = find_images(Path(data.root))
    return load_listed(config, listing, Decoding(data.size, data.channels, data.fit), progress)
