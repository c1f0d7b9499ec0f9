"""Out of memory: finds the batch size that fits, and words the error."""

import gc
from typing import TYPE_CHECKING

import torch

from workbench.errors import RunError

if TYPE_CHECKING:
    from workbench.training.loop.trainer import Trainer


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error means that the GPU's or the machine's memory ran out."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    # The CPU allocator raises a plain RuntimeError.
    text = str(error)
    return isinstance(error, RuntimeError) and (
        "DefaultCPUAllocator" in text or "allocate memory" in text
    )


def largest_part(trainer: "Trainer", start: int) -> int:
    """The largest of ``start``, a half, a quarter, … images that fit; 0 if not even one does.

    Runs forward and backward on real images; the network is unchanged afterwards.
    """
    part = start
    while part >= 1:
        if _fits(trainer, part):
            return part
        part //= 2
    return 0


def explain(trainer: "Trainer") -> RunError:
    """The error for a batch that does not fit; it names a size that does."""
    trainer.captured = None  # with the memory that its graph holds
    size = trainer.batches.batch_size
    where = f"{trainer.compute.device.type} memory ran out at train.batch_size = {size}"
    part = largest_part(trainer, trainer.micro_batch // 2)
    if not part:
        return RunError(f"{where}, and not even one image fits; use a smaller network or input")
    return RunError(
        f"{where}; {part} would fit. Set train.batch_size = {part}, or train.auto_batch = true "
        f"to train {size} in parts"
    )


def _fits(trainer: "Trainer", part: int) -> bool:
    try:
        trainer.try_part(part)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        return False
    finally:
        gc.collect()
        if trainer.compute.device.type == "cuda":
            torch.cuda.empty_cache()
    return True
