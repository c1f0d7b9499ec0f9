"""Tar shards as WebDataset writes them, read in place and decoded once, as a folder is."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workbench.catalog.webdataset import find_shards, open_member
from workbench.config import RunConfig
from workbench.config.sections.listed_data import WebDatasetData
from workbench.data.cache import Decoding
from workbench.data.dataset import DataSet, Progress
from workbench.data.decode import decode_opened
from workbench.data.listed import load_listed


@dataclass(frozen=True)
class MemberDecoding(Decoding):
    """Decodes an image that is a member of a tar file."""

    def decode(self, path: Path) -> NDArray[np.uint8]:
        """Decode one member; raises :class:`workbench.data.decode.BrokenImage`."""
        return decode_opened(partial(open_member, path), self.size, self.channels, self.fit)


def load(config: RunConfig, progress: Progress) -> DataSet:
    """Load the shards below ``data.root``; raises :class:`DataError`."""
    data = config.data
    assert isinstance(data, WebDatasetData)
    progress("listing shards", 0, 0)
    listing = find_shards(Path(data.root))
    how = MemberDecoding(data.size, data.channels, data.fit)
    return load_listed(config, listing, how, progress)
