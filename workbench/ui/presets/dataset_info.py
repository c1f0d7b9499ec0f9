"""The lines of the form about data set and learning rate. Pure functions."""

from workbench.config import RunConfig
from workbench.config.learning_rate import lr_at, nominal_steps_per_epoch
from workbench.ui.widgets.sparkline import sparkline

CURVE_WIDTH = 18
# Known without reading anything: name, training and test images.
DATA_SETS = {
    "digits": ("handwritten digits", "1,437 + 360"),
    "cifar10": ("CIFAR-10", "50,000 + 10,000"),
    "cifar100": ("CIFAR-100", "50,000 + 10,000"),
    "imagefolder": ("an image folder", ""),
    "table": ("images of a table", ""),
    "huggingface": ("Parquet files", ""),
    "webdataset": ("tar shards", ""),
    "scenes": ("scenes of one object", ""),
}


def dataset_info(config: RunConfig) -> str:
    """The data set in one line: name, size, colour, classes, number of images."""
    data = config.data
    title, count = DATA_SETS.get(data.name, (data.name, ""))
    colour = "grey" if data.channels == 1 else "RGB"
    facts = [title, f"{data.size}×{data.size} {colour}", f"{data.classes:,} classes", count]
    return " · ".join(filter(None, facts))


def schedule_curve(config: RunConfig, width: int = CURVE_WIDTH) -> str:
    """The learning rate over the run as a sparkline from 0."""
    per_epoch = nominal_steps_per_epoch(config)
    steps = config.train.steps or config.train.epochs * per_epoch
    count = min(width, steps)
    at = [round(i * (steps - 1) / max(1, count - 1)) for i in range(count)]
    return sparkline([lr_at(config, step, steps, per_epoch) for step in at], low=0.0)
