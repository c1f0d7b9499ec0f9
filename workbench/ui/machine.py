"""Measures the machine and counts live runs for the top line; runs in a thread."""

import os
import time
from pathlib import Path

import psutil

from workbench.runs.live.status import SILENCE, read_status
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.roots import all_roots
from workbench.system.gpus import why_no_cuda

GB = 1e9
HEARTBEAT = RunFolder(Path()).heartbeat.name


def count_live(root: Path) -> int:
    """Runs with a living worker in a runs directory and those added to it."""
    return sum(map(_count_live, all_roots(root)))


def _count_live(root: Path) -> int:
    """Reads the status only where the heartbeat is fresh."""
    live = 0
    try:
        with os.scandir(root) as entries:
            for entry in entries:
                # Texts and no paths: three times as fast, which ten thousand runs are worth.
                if _is_fresh(f"{entry.path}/{HEARTBEAT}"):
                    live += read_status(RunFolder(Path(entry.path))).is_live
    except OSError:
        return 0
    return live


def describe_machine(busy: bool) -> str:
    """The device in a few words; with load and memory while a run is live."""
    return _gpu(busy) or _cpu(busy)


def _is_fresh(path: str) -> bool:
    try:
        return time.time() - os.stat(path).st_mtime < SILENCE  # noqa: PTH116
    except OSError:
        return False


def _cpu(busy: bool) -> str:
    cores, memory = psutil.cpu_count() or 1, psutil.virtual_memory()
    total = f"{memory.total / GB:.0f} GB"
    name = f"cpu · {cores} cores"
    if not busy:
        return f"{name} · {total}"
    used = (memory.total - memory.available) / GB
    return f"{name} · {used:.0f}/{total} · {psutil.cpu_percent():.0f} %"


def _gpu(busy: bool) -> str:
    """The first GPU; "" where there is none or it cannot be queried."""
    if why_no_cuda("cuda"):
        return ""
    try:
        import pynvml
    except ImportError:
        return "cuda:0"
    try:
        pynvml.nvmlInit()
        handle = pynvml.nvmlDeviceGetHandleByIndex(0)
        name = str(pynvml.nvmlDeviceGetName(handle)).removeprefix("NVIDIA ")
        memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
        total = f"{int(memory.total) / GB:.0f} GB"
        if not busy:
            return f"cuda:0 {name} · {total}"
        load = pynvml.nvmlDeviceGetUtilizationRates(handle).gpu
        return f"cuda:0 {name} · {int(memory.used) / GB:.0f}/{total} · {load} %"
    except pynvml.NVMLError:
        return "cuda:0"
