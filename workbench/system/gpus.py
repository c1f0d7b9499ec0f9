"""Tells whether a CUDA device can be there, without importing torch (which takes seconds)."""

import os
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal, Protocol

from workbench.errors import ConfigError


class Devices(Protocol):
    """The keys of ``[train]`` that say where a run trains."""

    @property
    def device(self) -> str: ...

    @property
    def devices(self) -> int | Literal["auto"]: ...


PROC = Path("/proc/driver/nvidia/gpus")  # one folder a GPU
DEVICES = Path("/dev")
OTHER_DRIVERS = ("dxg", "kfd")  # Windows' subsystem and AMD: torch has to be asked


def why_no_cuda(device: str) -> str:
    """Why ``cuda`` or ``cuda:N`` cannot be used here; "" where it can, or may be.

    ``auto`` and ``cpu`` can always be used.
    """
    if not device.startswith("cuda"):
        return ""
    if torch_is_cpu_only():
        return "the installed torch is built for the CPU only"
    present = gpu_count()
    if present is None:
        return ""
    if not present:
        return "this machine has no NVIDIA GPU, or not its driver"
    visible = visible_count(present)
    if not visible:
        return "CUDA_VISIBLE_DEVICES hides every GPU"
    number = int(device.partition(":")[2] or 0)
    if number >= visible:
        return f"there is cuda:0 to cuda:{visible - 1}" if visible > 1 else "there is only cuda:0"
    return ""


def how_many(train: Devices) -> int:
    """The processes of a run: ``train.devices``, or every GPU for ``auto`` (1 on a CPU)."""
    if train.devices != "auto":
        return train.devices
    on_cpu = train.device == "cpu" or bool(why_no_cuda("cuda"))
    return 1 if on_cpu else max(1, visible_count(gpu_count() or 1))


def check_device(device: str) -> None:
    """Raise :class:`ConfigError` where ``train.device`` is a GPU that cannot be used."""
    reason = why_no_cuda(device)
    if reason:
        raise ConfigError({"train.device": f"no {device}: {reason}; use auto or cpu"})


def check_devices(train: Devices) -> None:
    """As :func:`check_device`, and of several processes whether there is a GPU for each."""
    check_device(train.device)
    if train.devices in ("auto", 1) or train.device == "cpu":
        return
    if train.device != "auto" and ":" in train.device:
        raise ConfigError(
            {"train.device": f"{train.device} is one GPU; use cuda or auto for several processes"}
        )
    if why_no_cuda("cuda"):  # auto: the CPU
        return
    present = gpu_count()
    if present is not None and int(train.devices) > visible_count(present):
        raise ConfigError(
            {"train.devices": f"{train.devices}: this machine has {visible_count(present)} GPUs"}
        )


def torch_is_cpu_only() -> bool:
    """True where torch's version says that it was built without CUDA (``2.14.1+cpu``)."""
    try:
        return version("torch").endswith("+cpu")
    except PackageNotFoundError:
        return False


def gpu_count() -> int | None:
    """Number of NVIDIA GPUs of this machine; None where only torch can tell."""
    if any((DEVICES / name).exists() for name in OTHER_DRIVERS):
        return None
    if PROC.is_dir():
        return sum(1 for _ in PROC.iterdir())
    return sum(1 for path in DEVICES.glob("nvidia[0-9]*") if path.name[6:].isdigit())


def visible_count(present: int) -> int:
    """How many of ``present`` GPUs CUDA_VISIBLE_DEVICES leaves.

    CUDA takes the list up to the first entry that names no device.
    """
    listed = os.environ.get("CUDA_VISIBLE_DEVICES")
    if listed is None:
        return present
    count = 0
    for entry in (part.strip() for part in listed.split(",")):
        names_none = int(entry) >= present if entry.isdigit() else entry[:3] not in ("GPU", "MIG")
        if names_none:
            break
        count += 1
    return count
