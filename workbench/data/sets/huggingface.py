"""Hugging Face's image data sets in Parquet as they lie on disk; decoded once, as a folder is."""

from pathlib import Path

from workbench.catalog.parquet import find_parquet, open_row
from workbench.config import RunConfig
from workbench.config.sections.listed_data import HuggingFaceData
from workbench.data.dataset import DataSet, Progress
from workbench.data.listed import PackedDecoding, load_listed


def load(config: RunConfig, progress: Progress) -> DataSet:
    """Load the Parquet files below ``data.root``; raises :class:`DataError`."""
    data = config.data
    assert isinstance(data, HuggingFaceData)
    progress("reading the labels", 0, 0)
    listing = find_parquet(Path(data.root), data.image_column, data.label_column)
    return load_listed(
        config, listing, PackedDecoding(data.size, data.channels, data.fit, open_row), progress
    )
