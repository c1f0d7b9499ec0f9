"""The step in static form is the ordinary step, to the bit, for every preset and optimiser."""

from typing import Any

import pytest
import torch
from torch import Tensor

from tests.training.compiled.every_preset import NAMES, preset_trainer
from tests.training.synchronisation import Synchronisations
from tests.training.trainers import small_trainer
from workbench.training.checkpoints import snapshots
from workbench.training.compiled.static_step import StaticStep
from workbench.training.loop.trainer import Trainer


def everything(trainer: Trainer) -> dict[str, Tensor]:
    """Weights, buffers, the optimiser's state and the meter's, on the CPU."""
    taken = snapshots.take(trainer)
    return taken.weights | taken.tensors | dict(trainer.model.named_buffers())


def differing(a: dict[str, Tensor], b: dict[str, Tensor]) -> list[str]:
    assert a.keys() == b.keys()
    return [n for n in a if a[n].dtype != b[n].dtype or not torch.equal(a[n], b[n])]


def static_steps(trainer: Trainer, count: int) -> list[dict[str, float]]:
    static, found = StaticStep(trainer), []
    for _ in range(count):
        norm = trainer.wants_norm(trainer.step)
        static.fill(trainer.step)
        static.run(norm)
        found.append({name: float(value) for name, value in static.read(norm).items()})
        trainer.step += 1
    return found


def ordinary_steps(trainer: Trainer, count: int) -> list[dict[str, float]]:
    return [
        {name: float(value) for name, value in trainer.train_step()[0].items()}
        for _ in range(count)
    ]


def same(make: Any, count: int = 3) -> None:
    """Static steps come to what as many ordinary ones of an equal trainer come to."""
    ordinary, static = make(), make()
    for trainer in (ordinary, static):
        trainer.model.train()
    assert static_steps(static, count) == ordinary_steps(ordinary, count)
    assert differing(everything(static), everything(ordinary)) == []
    assert static.meter.result() == ordinary.meter.result()


@pytest.mark.parametrize("name", NAMES)
def test_every_preset(name: str) -> None:
    same(lambda: preset_trainer(name, train__grad_norm_every=2))


@pytest.mark.parametrize(
    "kind", ["sgd", "adam", "adamw", "adamax", "nadam", "radam", "adadelta", "rmsprop", "muon"]
)
def test_every_optimizer(kind: str) -> None:
    same(
        lambda: small_trainer(
            optimizer__kind=kind,
            optimizer__lr=0.01,
            optimizer__weight_decay=0.1,
            optimizer__clip_norm=1.0,
            optimizer__bias_lr_factor=2.0,
        ),
        count=6,
    )


@pytest.mark.parametrize("precision", ["bfloat16"])
@pytest.mark.parametrize("name", ["quick/digits", "speed/cifar10-94"])
def test_in_bfloat16(name: str, precision: str) -> None:
    same(lambda: preset_trainer(name, train__precision=precision))


def test_dropout_mixing_and_every_augmentation() -> None:
    same(
        lambda: small_trainer(
            model__dropout=0.3,
            augment__pad=1,
            augment__hflip=0.5,
            augment__hflip_mode="alternating",
            augment__resized_crop=0.5,
            augment__brightness=0.2,
            augment__contrast=0.2,
            augment__saturation=0.2,
            augment__hue=0.2,
            augment__policy="randaugment",
            augment__cutout=2,
            augment__mixup=0.2,
            augment__cutmix=0.2,
        ),
        count=9,
    )


def test_rates_follow_the_plateau() -> None:
    trainer = small_trainer()
    static = StaticStep(trainer)
    lr = static.fill(1)
    trainer.plateau.factor = 0.5
    assert static.fill(1) == pytest.approx(lr / 2)
    assert static.rates.tolist() == [lr / 2]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_read_back(name: str) -> None:
    """Neither in the step, which is captured, nor around it: only a report reads."""
    trainer = preset_trainer(name, train__grad_norm_every=2)
    trainer.model.train()
    static_steps(trainer, 1)  # brings constants to the device
    static = StaticStep(trainer)
    for group in trainer.optimizer.param_groups:
        group["lr"] = 0.1  # on a CPU, and there alone, Muon reads a rate that lies in a tensor
    with Synchronisations() as seen:
        for norm in (False, True):
            static.fill(1)
            static.run(norm)
            static.read(norm)
    assert seen.found == []
