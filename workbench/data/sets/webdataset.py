"""Tar shards as WebDataset writes them, read in place and decoded once, as a folder is."""

from pathlib import Path

from workbench.catalog.webdataset import find_shards, open_member
from workbench.config import RunConfig
from workbench.config.sections.listed_data import WebDatasetData
from workbench.data.dataset import DataSet, Progress
from workbench.data.listed import PackedDecoding, load_listed


def load(config: RunConfig, progress: Progress) -> DataSet:
    """Load the shards below ``data.root``; raises :class:`DataError`."""
    data = config.data
    assert isinstance(data, WebDatasetData)
    progress("listing shards", 0, 0)
    listing = find_shards(Path(data.root))
    how = PackedDecoding(data.size, data.channels, data.fit, open_member)
    return load_listed(config, listing, how, progress)
