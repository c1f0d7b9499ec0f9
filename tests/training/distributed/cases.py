"""A few steps of several presets by each of several processes; started by torchrun.

``torchrun … cases.py OUT`` writes what the first process found to OUT as JSON, by case.
Alone, ``run_case`` computes the same in one process.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import torch

from workbench.config.presets import load_preset
from workbench.data import load_data
from workbench.models import build_model
from workbench.tasks import build_task
from workbench.training.checkpoints.files import weights_hash
from workbench.training.distributed.batch_norm import synchronised
from workbench.training.distributed.world import ALONE, World, join, leave
from workbench.training.loop.assembly import assemble
from workbench.training.loop.devices import Compute
from workbench.training.loop.trainer import Setup
from workbench.training.worker.process import end

STEPS = 4
PLAIN = {"train.precision": "float32", "train.compile": "off", "train.batch_size": 16}
DIGITS = {**PLAIN, "model.width": 4, "train.eval_batch_size": 40, "optimizer.lr": 0.01}
MIXED = {"augment.mixup": 0.4, "augment.cutmix": 0.5, "augment.cutout": 2, "augment.hflip": 0.5}
SMALL = {"model.channels": [4, 8, 8, 8], "train.batch_size": 8, "train.eval_batch_size": 10}
UNET = {**SMALL, "data.images": 60, "data.size": 32}
SCENES = {**SMALL, "data.scenes": 60}
# By name: a preset and its changes.
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "plain": ("quick/digits", {**DIGITS, **MIXED}),
    "no norm": ("quick/digits", {**DIGITS, **MIXED, "optimizer.lr": 0.001}),
    "accumulate": ("quick/digits", {**DIGITS, "train.accumulate": 2}),
    "sync": ("quick/digits", {**DIGITS, "train.sync_batch_norm": True}),
    "four parts": ("quick/digits", {**DIGITS, **MIXED, "train.parts": 4}),
    "skip": ("quick/digits", {**DIGITS, "train.parts": 2, "train.nonfinite": "skip"}),
    "segmentation": ("segmentation/unet-shapes", {**PLAIN, **UNET, "train.parts": 2}),
    "multilabel": ("multilabel/smallnet-digits", {**PLAIN, **SCENES, "train.parts": 2}),
    "detection": ("detection/faster-rcnn-digits", {**PLAIN, **SCENES, "train.parts": 2}),
}


class Nobody:
    """Callbacks that do nothing."""

    def step_done(self, trainer: Any, losses: Any, lr: float) -> None: ...

    def epoch_done(self, trainer: Any, row: Any, best: bool) -> None: ...

    def between(self) -> None: ...


def run_case(name: str, world: World = ALONE) -> dict[str, Any]:
    """Losses of a few steps, metrics of the validation split, and hashes of weights and images."""
    preset, changes = CASES[name]
    config = load_preset(preset, changes)
    data = load_data(config)
    compute = Compute(torch.device("cpu"), "float32", channels_last=False)
    torch.manual_seed(0)
    model = synchronised(build_model(config), world) if "sync" in name else build_model(config)
    if name == "no norm":
        without_norms(model)
    setup = Setup(config, model, build_task(config, data, compute.device), compute, world)
    trainer = assemble(setup, data, Nobody())
    trainer.model.train()
    losses = []
    for _ in range(STEPS):
        found, _ = trainer.train_step()
        values = world.gather(found["loss"].reshape(-1).tolist())
        parts = [value for process in values for value in process]
        losses.append(sum(parts) / len(parts) if parts else None)
    images, _ = trainer.batches.batch(STEPS)
    train = trainer.meter.result()
    metrics = trainer.evaluate(trainer.validation)
    return {
        "losses": losses,
        "train": train,
        "metrics": metrics,
        "worst": trainer.worst,
        "hash": weights_hash(model.state_dict()),
        "images": [part for each in world.gather(images.double().sum((1, 2, 3)).tolist())
                   for part in each],
    }  # fmt: skip


def without_norms(model: torch.nn.Module) -> None:
    """Replace every batch norm by the identity."""
    for module in model.modules():
        for name, child in module.named_children():
            if isinstance(child, torch.nn.modules.batchnorm._BatchNorm):
                setattr(module, name, torch.nn.Identity())


def main(out: Path) -> None:
    """Run every case in this process's world."""
    from workbench.training.distributed.peers import meet

    torch.set_num_threads(1)
    world = join(meet(), torch.device("cpu"))
    found = {name: run_case(name, world) for name in CASES}
    if world.leads:
        out.write_text(json.dumps(found))
    assert world.all_true(True)
    assert not world.all_true(os.environ["RANK"] == "0")
    leave()
    end(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
