"""Copies a trainer's state into a snapshot, and restores it from one."""

import torch
from torch import Tensor

from workbench.config.learning_rate import Plateau
from workbench.training.checkpoints import files as checkpoint
from workbench.training.checkpoints.files import Snapshot
from workbench.training.loop.trainer import Clock, Trainer


def take(trainer: Trainer) -> Snapshot:
    """Everything that the rest of the training depends on, copied.

    Synchronises: each tensor is fetched from the device.
    """
    meter = {f"meter.{name}": tensor for name, tensor in trainer.meter.state().items()}
    average = {f"ema.{name}": t for name, t in (trainer.ema.state() if trainer.ema else {}).items()}
    tensors = checkpoint.optimizer_state(trainer.optimizer, trainer.model) | meter | average
    numbers = {
        "epochs_done": trainer.epochs_done,
        "best_accuracy": trainer.best_accuracy,
        "best_epoch": trainer.best_epoch,
        "last_row": trainer.last_row,
        "plateau": vars(trainer.plateau) | {"best": str(trainer.plateau.best)},
        "scaler": trainer.scaler.state_dict(),
        "seconds": trainer.clock.seconds,
        "epoch_began": trainer.epoch_began,
        "micro_batch": trainer.micro_batch,
        "processes": trainer.world.size,
        "parts": trainer.parts.count if trainer.parts else 1,
        "threads": torch.get_num_threads(),
        "steps_per_epoch": trainer.steps_per_epoch,
        "optimizer": trainer.config.optimizer.kind,
    }
    weights = checkpoint.detach(trainer.model.state_dict())
    return Snapshot(trainer.step, weights, checkpoint.detach(tensors), numbers)


def restore(trainer: Trainer, snapshot: Snapshot) -> None:
    """Restore a trainer from a snapshot; raises RuntimeError if it is of another network.

    A child run may have another optimiser or batch size: it then takes over the weights and
    starts at the beginning of an epoch.
    """
    numbers = snapshot.numbers
    trainer.model.load_state_dict(snapshot.weights)
    if numbers["optimizer"] == trainer.config.optimizer.kind:
        checkpoint.restore_optimizer(trainer.optimizer, trainer.model, snapshot.tensors)
    if trainer.ema:
        trainer.ema.load(_below("ema.", snapshot.tensors, trainer.compute.device))
    trainer.step, trainer.epochs_done = snapshot.step, int(numbers["epochs_done"])
    trainer.best_accuracy, trainer.best_epoch = numbers["best_accuracy"], numbers["best_epoch"]
    trainer.last_row = numbers["last_row"]
    plateau = numbers["plateau"]
    trainer.plateau = Plateau(plateau["factor"], float(plateau["best"]), plateau["waited"])
    trainer.scaler.load_state_dict(numbers["scaler"])
    trainer.clock = Clock(float(numbers["seconds"]), trainer.clock.now)
    if numbers["steps_per_epoch"] == trainer.steps_per_epoch:
        trainer.load_meter(
            _below("meter.", snapshot.tensors, trainer.compute.device), int(numbers.get("parts", 1))
        )
        trainer.epoch_began = float(numbers["epoch_began"])
        here = (trainer.world.size, trainer.parts.count if trainer.parts else 1)
        if here == (numbers.get("processes", 1), numbers.get("parts", 1)):
            trainer.micro_batch = min(int(numbers["micro_batch"]), trainer.batches.batch_size)
    else:
        trainer.step = trainer.epochs_done * trainer.steps_per_epoch
        trainer.epoch_began = trainer.clock.seconds


def _below(prefix: str, tensors: dict[str, Tensor], device: torch.device) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): tensor.to(device)
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }
