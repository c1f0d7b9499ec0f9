"""What the processes of a run see to together before they train: the same data and weights."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from workbench.data import DataSet
from workbench.errors import RunError
from workbench.training.checkpoints.files import Snapshot, weights_hash
from workbench.training.distributed.world import World

if TYPE_CHECKING:
    from workbench.training.loop.trainer import Trainer


def load(world: World, load_data: Callable[[], DataSet]) -> DataSet:
    """Load the data: the first process first, so that images are decoded once."""
    data = load_data() if world.leads else None
    world.tell(lambda: None)  # until the first one has it
    data = data or load_data()
    _check_same(world, data.content_hash, "data")
    return data


def check_weights(world: World, model: nn.Module) -> None:
    """Raise RunError where the processes would begin with different weights."""
    if world.size > 1:
        _check_same(world, weights_hash(model.state_dict()), "weights")


def facts(trainer: "Trainer") -> dict[str, Any]:
    """What the record says of several processes, or of parts; {} of one with whole batches."""
    if not trainer.parts:
        return {}
    found: dict[str, Any] = {"processes": trainer.world.size, "parts": trainer.parts.count}
    if trainer.world.size > 1:
        found["backend"] = torch.distributed.get_backend()
    return found


def what_changed(trainer: "Trainer", snapshot: Snapshot) -> str:
    """Why a run does not go on to the bit from a checkpoint of other processes; "" if it does."""
    numbers = snapshot.numbers
    before, now = int(numbers.get("processes", 1)), trainer.world.size
    parts = trainer.parts.count if trainer.parts else 1
    if int(numbers.get("parts", 1)) != parts:
        return (
            f"goes on with {_count(now)} after {_count(before)}: not to the bit; a run with "
            "train.parts does"
        )
    threads = torch.get_num_threads()
    on_cpu = trainer.compute.device.type == "cpu"
    if before != now and on_cpu and numbers.get("threads", threads) != threads:
        return (
            f"goes on with {threads} threads a process after {numbers['threads']}: not to the bit; "
            "set train.threads for a run that does"
        )
    return ""


def _check_same(world: World, mine: str, what: str) -> None:
    everybody = world.share(mine)
    if other := [rank for rank, theirs in enumerate(everybody) if theirs != everybody[0]]:
        raise RunError(f"process {other[0]} of {world.size} has other {what} than process 0")


def _count(processes: int) -> str:
    return f"{processes} process" + "es" * (processes > 1)
