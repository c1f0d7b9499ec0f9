"""A small trainer of each installed preset, on random data of its kind."""

from typing import Any

from benchmarks.random_data import random_data
from tests.training.trainers import Nobody
from workbench.config import RunConfig
from workbench.config.presets import list_presets, load_preset
from workbench.tasks import build_task
from workbench.training.loop.assembly import assemble, fresh_model, prepare
from workbench.training.loop.devices import choose
from workbench.training.loop.trainer import Setup, Trainer

NAMES = [preset.name for preset in list_presets() if not preset.own]
SMALL = {"train.batch_size": 4, "train.device": "cpu", "train.threads": 1}
LARGEST = 64  # side of an image, px
NARROW = 8  # channels of a network that has a width


def small_preset(name: str, **changes: Any) -> RunConfig:
    """The preset, narrow, small images in small batches; dotted changes (``train__seed=…``)."""
    config, small = load_preset(name), dict(SMALL)
    if config.data.size > LARGEST:
        small |= {"data.size": LARGEST}
        small |= {"augment.crop": LARGEST - 8} if config.augment.crop else {}
    if getattr(config.model, "width", 0) > NARROW:
        small |= {"model.width": NARROW}
    dotted = {key.replace("__", "."): value for key, value in changes.items()}
    return load_preset(name, small | {"train.precision": "float32"} | dotted)


def preset_trainer(name: str, **changes: Any) -> Trainer:
    """Two steps an epoch, so that a few steps cross into the next one."""
    config = small_preset(name, **changes)
    compute = choose(config.train)
    data = random_data(config, 2 * config.train.batch_size)
    setup = Setup(
        config, fresh_model(config, compute), build_task(config, data, compute.device), compute
    )
    trainer = assemble(setup, data, Nobody())
    prepare(trainer)
    return trainer
