"""Images named by a table, with one label each or several, decoded once as a folder is."""

from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from workbench.catalog.table import ImageTable, read_table
from workbench.config import RunConfig
from workbench.config.sections.listed_data import TableData
from workbench.data.assemble import assemble_cached, split_at_random
from workbench.data.cache import Decoding
from workbench.data.dataset import DataSet, Progress
from workbench.data.listed import load_listed, open_images
from workbench.detection.boxes import NO_OBJECT


def load(config: RunConfig, progress: Progress) -> DataSet:
    """Load ``data.file``; several labels an image for the task multilabel, else one.

    Raises :class:`DataError` for a table that cannot be used.
    """
    data = config.data
    assert isinstance(data, TableData)
    progress("reading the table", 0, 0)
    table = read_table(Path(data.root), data.file, other_columns=data.other_columns)
    how = Decoding(data.size, data.channels, data.fit)
    if config.task.kind != "multilabel":
        return load_listed(config, table.listing, how, progress)
    return _several(config, table, how, progress)


def _several(config: RunConfig, table: ImageTable, how: Decoding, progress: Progress) -> DataSet:
    """Any number of labels an image: int64 [N, M], -1 where there is none."""
    data, listing = config.data, table.listing
    assert isinstance(data, TableData)
    files = [*listing.train, *listing.validation, *listing.test]
    cache = open_images(listing.root, files, how, config, progress)
    counts = len(listing.train), len(listing.validation)
    parts = split_at_random(listing.root, cache.good, counts, data)
    labels = _padded([table.labels[file.path] for file in files])
    targets = [{"label": labels[torch.from_numpy(rows)]} for rows in parts]
    return replace(
        assemble_cached(config, listing.classes, cache, parts, targets),
        given=frozenset(("train", "validation", "test")),  # an image shows what it shows
    )


def _padded(labels: list[tuple[int, ...]]) -> Tensor:
    most = max(1, *map(len, labels))
    rows = [[*found, *[NO_OBJECT] * (most - len(found))] for found in labels]
    return torch.tensor(rows, dtype=torch.int64)
