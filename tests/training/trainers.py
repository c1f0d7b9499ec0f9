"""A trainer without a run around it: random images, a small network, nobody who watches."""

from typing import Any

import torch

from workbench.config import RunConfig
from workbench.config.presets import load_preset
from workbench.data import Split
from workbench.data.augmentation.transforms import TestTransform, TrainAugment
from workbench.data.dataset import DataSet
from workbench.models import build_model
from workbench.tasks import build_task
from workbench.training.loop.batches import Batches
from workbench.training.loop.devices import Compute
from workbench.training.loop.evaluation import Evaluator
from workbench.training.loop.trainer import Setup, Trainer

CLASSES = tuple("0123456789")
SIZE = {"train.batch_size": 8, "train.epochs": 3, "model.width": 4, "train.eval_batch_size": 16}


class Nobody:
    """Watches, and says nothing."""

    def step_done(self, trainer: Any, losses: Any, lr: float) -> None: ...

    def epoch_done(self, trainer: Any, row: Any, best: bool) -> None: ...

    def between(self) -> None: ...


def random_split(count: int, seed: int) -> Split:
    """Images of 8 by 8 and labels, drawn from ``seed``."""
    draws = torch.Generator().manual_seed(seed)
    images = torch.randint(256, (count, 1, 8, 8), generator=draws, dtype=torch.uint8)
    return Split(images, {"label": torch.randint(10, (count,), generator=draws)})


def small_config(**changes: Any) -> RunConfig:
    """The digits preset, smaller, with dotted changes (``optimizer__lr=…``)."""
    dotted = {key.replace("__", "."): value for key, value in changes.items()}
    return load_preset("quick/digits", SIZE | dotted)


def small_trainer(
    callbacks: Any = None, *, train: Split | None = None, seed: int = 0, **changes: Any
) -> Trainer:
    """A trainer of 32 images, 4 steps an epoch, 16 to validate; ``seed`` draws its weights."""
    config = small_config(**changes)
    train, validation = train or random_split(32, 1), random_split(16, 2)
    mean, std = [0.5], [0.25]
    data = DataSet("random", CLASSES, train, validation, validation, mean, std, "hash")
    compute = Compute(torch.device("cpu"), "float32", channels_last=False)
    torch.manual_seed(seed)
    model = build_model(config)
    augment = TrainAugment(config, mean, std, channels_last=False)
    transform = TestTransform(config, mean, std, channels_last=False)
    batches = Batches(train, augment, config.train.batch_size, config.train.seed, compute.device)
    setup = Setup(config, model, build_task(config, data, compute.device), compute)
    evaluator = Evaluator(setup.task, transform, compute, config.train.eval_batch_size)
    return Trainer(setup, batches, validation, evaluator, callbacks or Nobody())
