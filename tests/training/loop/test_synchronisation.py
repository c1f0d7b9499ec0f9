"""Between two reports nothing in a step, and nothing in an evaluation, waits for the device."""

from dataclasses import replace
from typing import Any

import pytest
import torch

from tests.training.conftest import SMALL
from tests.training.synchronisation import Synchronisations
from workbench.config.fitting import resolve
from workbench.config.presets import load_preset
from workbench.data import load_data
from workbench.runs.store.events import EventWriter
from workbench.runs.store.folder import RunFolder
from workbench.tasks import Losses, Meter, build_task
from workbench.training.loop import devices
from workbench.training.loop.assembly import assemble, fresh_model, prepare
from workbench.training.loop.trainer import Setup, Trainer
from workbench.training.worker.step_log import StepLog

DIGITS = {
    "augment.pad": 1,
    "augment.hflip": 0.5,
    "augment.vflip": 0.5,
    "augment.brightness": 0.1,
    "augment.contrast": 0.1,
    "augment.saturation": 0.1,
    "augment.hue": 0.1,
    "augment.policy": "trivialaugment",
    "augment.cutout": 2,
    "augment.mixup": 0.2,
    "augment.cutmix": 0.2,
    "optimizer.clip_norm": 1.0,
    "train.grad_norm_every": 1,
}
SPEED = {
    "model.kind": "speednet",
    "model.widths": [8],
    "augment.hflip": 0.5,
    "augment.hflip_mode": "alternating",
    "augment.resized_crop": 0.5,
    "augment.test_flip": True,
    "augment.test_shift": 1,
}


class KeptLosses:
    """Keeps the losses as the worker's callbacks do, and writes none."""

    def __init__(self, log: StepLog) -> None:
        self.log = log

    def step_done(self, trainer: Trainer, losses: Losses, lr: float) -> None:
        self.log.add(trainer.step, trainer.epoch, lr, losses)

    def epoch_done(self, trainer: Trainer, row: dict[str, Any], best: bool) -> None: ...

    def between(self) -> None: ...


@pytest.fixture
def log(tmp_path: Any) -> StepLog:
    return StepLog(EventWriter(RunFolder(tmp_path).metrics))


def make(log: StepLog, preset: str, **changes: Any) -> Trainer:
    small = SMALL if preset == "quick/digits" else {}
    if "model.kind" in changes:
        small = {key: value for key, value in small.items() if key != "model.width"}
    config = resolve(load_preset(preset, small | changes))
    compute = devices.choose(config.train)
    data = load_data(config, lambda *_: None)
    task = build_task(config, data, compute.device)
    model = fresh_model(config, compute)
    trainer = assemble(Setup(config, model, task, compute), data, KeptLosses(log))  # type: ignore[arg-type]
    prepare(trainer)
    return trainer


def steps(trainer: Trainer, count: int) -> None:
    for _ in range(count):
        trainer.callbacks.step_done(trainer, *trainer.train_step())


def evaluate(trainer: Trainer) -> Meter:
    evaluator = replace(trainer.evaluator, batch_size=8)
    return evaluator.measure(trainer.eval_model, trainer.validation)


BOXES = {"data.limit": 100, "train.batch_size": 20, "train.threads": 1, "train.epochs": 2}


@pytest.mark.parametrize(
    ("preset", "changes"),
    [
        ("quick/digits", DIGITS),
        ("quick/digits", SPEED),
        ("quick/digits", SPEED | {"optimizer.kind": "muon", "optimizer.fixed_norm": True}),
        ("quick/digits", {"optimizer.kind": "adamw", "train.precision": "float16"}),
        ("detection/rpn-digits", BOXES),
        ("detection/faster-rcnn-digits", BOXES),
    ],
    ids=["augmented", "speed", "muon", "float16", "proposals", "detection"],
)
def test_nothing_waits(log: StepLog, preset: str, changes: dict[str, Any]) -> None:
    trainer = make(log, preset, **changes)
    steps(trainer, 1)  # the first ones bring constants and the order of the epoch to the device
    evaluate(trainer)
    with Synchronisations() as seen:
        steps(trainer, 2)
        meter = evaluate(trainer)
    assert seen.found == []
    assert meter.result()["loss"] > 0


def test_a_report_reads_once(log: StepLog) -> None:
    trainer = make(log, "quick/digits")
    steps(trainer, 3)
    with Synchronisations() as seen:
        log.report()
    assert seen.found == ["tolist"]


def test_looking_at_every_loss_waits(log: StepLog) -> None:
    trainer = make(log, "quick/digits", **{"train.nonfinite": "skip"})
    with Synchronisations() as seen:
        trainer.train_step()
    assert "item" in seen.found


@pytest.mark.parametrize(
    "read",
    [
        lambda t: t.sum().item(),
        lambda t: bool(t.any()),
        lambda t: float(t[0]),
        lambda t: t.tolist(),
        lambda t: t.cpu(),
        lambda t: t[t > 0],
        lambda t: t.nonzero(),
        lambda t: torch.bincount(t),
        lambda t: t.unique(),
        lambda t: torch.as_tensor(3, device=t.device),
        lambda t: t.new_tensor([1, 2]),
    ],
)
def test_what_waits_is_seen(read: Any) -> None:
    tensor = torch.arange(4)
    with Synchronisations() as seen:
        read(tensor)
    assert seen.found


def test_what_does_not_wait_is_not_seen() -> None:
    tensor = torch.arange(4)
    with Synchronisations() as seen:
        tensor[torch.tensor([0, 1])].float().sum().double()
        torch.where(tensor > 2, tensor, 0)
    assert seen.found == []
