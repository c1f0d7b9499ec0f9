"""Images with boxes in YOLO's format."""

from pathlib import Path

from workbench.catalog.yolo import read_yolo
from workbench.config import RunConfig
from workbench.data.boxed import load_boxed
from workbench.data.dataset import DataSet, Progress


def load(config: RunConfig, progress: Progress) -> DataSet:
    """Load ``data.root``; raises :class:`DataError` for annotations that cannot be used."""
    progress("reading the annotations", 0, 0)
    return load_boxed(config, read_yolo(Path(config.data.root)), progress)
