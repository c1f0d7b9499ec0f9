"""The section ``[train]``: length, batch, seed, device, precision, checkpoints."""

from typing import Any, Literal, Self

from pydantic import field_validator, model_validator

from workbench.config.sections.base import Section, setting


class TrainConfig(Section):
    """The keys of ``[train]``."""

    epochs: int = setting(0, "Passes over the training images.", unit="epochs", ge=0)
    steps: int = setting(0, "Length in optimiser steps, instead of epochs.", unit="steps", ge=0)
    batch_size: int = setting(128, "Images a step.", unit="images", ge=1)
    eval_batch_size: int = setting(500, "Images at once when testing.", unit="images", ge=1)
    seed: int = setting(0, "Seed of weights, data order and augmentation.", ge=0, lt=2**32)
    device: str = setting("auto", "auto, cpu, cuda or cuda:N.", pattern=r"^(auto|cpu|cuda(:\d+)?)$")
    devices: int | Literal["auto"] = setting(
        1,
        "Processes that train one run together, one for each GPU, or on a CPU as many processes; "
        "auto: every GPU of the machine.",
        unit="processes",
    )
    parts: int = setting(
        0,
        "A batch as this many parts with batch statistics of their own (a power of two), whatever "
        "the number of processes: the same bits on each. 0: one part a process.",
        ge=0,
        le=4096,
    )
    sync_batch_norm: bool = setting(
        False, "Batch statistics over all processes instead of each one's part."
    )
    precision: Literal["auto", "float32", "bfloat16", "float16"] = setting(
        "auto", "Arithmetic of the network; auto: bfloat16 where the processor is fast at it."
    )
    threads: int = setting(0, "CPU threads; 0: all cores.", ge=0, le=1024)
    channels_last: bool = setting(True, "Keep images channels-last in memory.")
    compile: Literal["auto", "off", "default", "graphs"] = setting(
        "auto",
        "graphs: the whole step captured as a CUDA graph; default: the network compiled with "
        "torch.compile; auto: captured on a GPU, compiled on a CPU where a long run pays for it. "
        "What cannot be had trains uncompiled. Also true and false.",
    )
    deterministic: bool = setting(True, "Only algorithms that repeat bit for bit.")
    checkpoint_minutes: float = setting(
        5.0, "Time between checkpoints within an epoch.", unit="minutes", gt=0
    )

    grad_norm_every: int = setting(
        50, "Measure the gradient's norm every so many steps; 0: never.", unit="steps", ge=0
    )
    auto_batch: bool = setting(
        False,
        "Where a batch does not fit into memory, find what does and sum gradients to the asked "
        "batch; batch norms then see the parts.",
    )
    checkpoint_activations: bool = setting(
        False,
        "Keep only the input of each block for the backward pass and compute the rest again: less "
        "memory for about a third more time; the same results to the bit.",
    )
    nonfinite: Literal["stop", "skip"] = setting(
        "stop", "What to do where the loss is NaN or infinite: end the run, or skip the step."
    )
    ema: float = setting(
        0.0,
        "Decay of an exponential moving average of the weights, which is evaluated and saved "
        "beside them; 0: none.",
        ge=0,
        lt=1,
    )
    patience: int = setting(
        0,
        "Epochs without a better validation result after which training ends; 0: never.",
        unit="epochs",
        ge=0,
    )
    accumulate: int = setting(
        1, "Parts of a batch, one after the other, whose gradients are summed.", ge=1
    )
    unfreeze_epoch: int = setting(
        0, "Epoch from which on what model.freeze names trains too; 0: never.", ge=0
    )

    @field_validator("devices", mode="before")
    @classmethod
    def _count(cls, value: Any) -> Any:
        """Accept ``2`` as text, as a form gives it."""
        if isinstance(value, str) and value.isascii() and value.isdigit():
            value = int(value)
        if value != "auto" and (type(value) is not int or not 1 <= value <= 4096):
            raise ValueError("a whole number from 1 to 4096, or auto")
        return value

    @field_validator("compile", mode="before")
    @classmethod
    def _switch(cls, value: Any) -> Any:
        """Accept ``true`` and ``false``, which earlier versions wrote."""
        return {True: "default", False: "off"}[value] if isinstance(value, bool) else value

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        if self.epochs and self.steps:
            raise ValueError("set epochs or steps, not both")
        if not self.epochs and not self.steps:
            raise ValueError("set epochs (or steps) to 1 or more")
        if self.batch_size % self.accumulate:
            raise ValueError(f"accumulate must divide batch_size ({self.batch_size})")
        _check_parts(self)
        if self.accumulate > 1 and self.auto_batch:
            raise ValueError("accumulate and auto_batch exclude each other: set one of them")
        return self

    @property
    def by_steps(self) -> bool:
        """True where the length is given in steps."""
        return self.steps > 0


def _check_parts(train: TrainConfig) -> None:
    """Refuse parts and processes that do not divide each other and the batch."""
    devices = 1 if train.devices == "auto" else train.devices
    parts = train.parts or devices
    if train.parts & (train.parts - 1):
        raise ValueError(
            f"parts must be a power of two (1, 2, 4, 8, …), so that their sum is the same on any "
            f"number of processes, not {train.parts}"
        )
    if parts % devices:
        raise ValueError(f"devices must divide parts ({parts}): {devices} does not")
    if train.batch_size % (parts * train.accumulate):
        word = "parts" if train.parts else "devices"
        times = f" times accumulate ({train.accumulate})" if train.accumulate > 1 else ""
        raise ValueError(f"{word} ({parts}){times} must divide batch_size ({train.batch_size})")
    if parts > 1 and train.auto_batch:
        raise ValueError("auto_batch is for one process: set accumulate instead")
    if train.sync_batch_norm and train.parts:
        raise ValueError("sync_batch_norm and parts exclude each other: set one of them")
