"""Hugging Face's image data sets in Parquet as they lie on disk; decoded once, as a folder is."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workbench.catalog.parquet import find_parquet, open_row
from workbench.config import RunConfig
from workbench.config.sections.listed_data import HuggingFaceData
from workbench.data.cache import Decoding
from workbench.data.dataset import DataSet, Progress
from workbench.data.decode import decode_opened
from workbench.data.listed import load_listed


@dataclass(frozen=True)
class RowDecoding(Decoding):
    """Decodes an image that is a row of a Parquet file."""

    def decode(self, path: Path) -> NDArray[np.uint8]:
        """Decode one row; raises :class:`workbench.data.decode.BrokenImage`."""
        return decode_opened(partial(open_row, path), self.size, self.channels, self.fit)


def load(config: RunConfig, progress: Progress) -> DataSet:
    """Load the Parquet files below ``data.root``; raises :class:`DataError`."""
    data = config.data
    assert isinstance(data, HuggingFaceData)
    progress("reading the labels", 0, 0)
    listing = find_parquet(Path(data.root), data.image_column, data.label_column)
    return load_listed(config, listing, RowDecoding(data.size, data.channels, data.fit), progress)
