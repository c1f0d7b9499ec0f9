"""Chooses a run's device, precision and memory layout, and sets torch up for them."""

import contextlib
import os
from dataclasses import dataclass

import torch

from workbench.config.sections.train import TrainConfig
from workbench.errors import ConfigError
from workbench.training.loop.allocator import keep_freed_memory

DTYPES = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}


@dataclass(frozen=True)
class Compute:
    """Device, precision and memory layout of a run, chosen once at its start."""

    device: torch.device
    precision: str  # float32, bfloat16 or float16
    channels_last: bool

    @property
    def dtype(self) -> torch.dtype:
        """The dtype that the network computes in."""
        return DTYPES[self.precision]

    @property
    def memory_format(self) -> torch.memory_format:
        """The layout of images and weights."""
        return torch.channels_last if self.channels_last else torch.contiguous_format

    def autocast(self) -> contextlib.AbstractContextManager[None]:
        """The autocast context of a forward pass; does nothing in float32."""
        if self.precision == "float32":
            return contextlib.nullcontext()
        return torch.autocast(self.device.type, dtype=self.dtype)

    @property
    def name(self) -> str:
        """``cpu``, or as ``cuda:0 NVIDIA H100``."""
        if self.device.type == "cpu":
            return "cpu"
        return f"{self.device} {torch.cuda.get_device_name(self.device)}"


def choose(train: TrainConfig, local_rank: int = 0) -> Compute:
    """Choose device, precision and layout by the ``[train]`` section, and set torch up for them.

    Of several processes the one with number ``local_rank`` on this machine takes that GPU.

    Raises :class:`ConfigError` for a GPU that this machine does not have.
    """
    device = _device(train.device, local_rank)
    if train.threads:
        torch.set_num_threads(train.threads)
    torch.use_deterministic_algorithms(train.deterministic, warn_only=True)
    # Else torch fills every new tensor before it is written, a fifteenth of SimpleNN's time: it
    # helps whoever looks for an operator that reads what it has not written.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    if device.type == "cpu":
        keep_freed_memory()
    if device.type == "cuda":
        # cuBLAS repeats itself only with a workspace of fixed size.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.backends.cudnn.benchmark = not train.deterministic
        torch.backends.cuda.matmul.allow_tf32 = not train.deterministic
        torch.cuda.set_device(device)
    precision = train.precision if train.precision != "auto" else fast_precision(device)
    return Compute(device, precision, train.channels_last)


def fast_precision(device: torch.device) -> str:
    """bfloat16 where the device is faster with it than with float32, else float32."""
    if device.type == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float32"
    # Measured on ResNet 5-4-3: AMX trains about three times faster in bfloat16, AVX-512 with
    # its bfloat16 instructions 1.9 times; without either it is emulated, and slower.
    fast = torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
    return "bfloat16" if fast else "float32"


def _device(asked: str, local_rank: int) -> torch.device:
    count = torch.cuda.device_count() if asked != "cpu" else 0
    if local_rank and count:
        asked = f"cuda:{local_rank}"
    if asked == "auto":
        return torch.device("cuda:0" if count else "cpu")
    device = torch.device(asked)
    if device.type == "cuda" and (device.index or 0) >= count:
        there = f"there are {count}" if count else "this machine has no usable CUDA GPU"
        raise ConfigError({"train.device": f"no {asked}: {there}; use auto or cpu"})
    return torch.device("cuda", device.index or 0) if device.type == "cuda" else device
