"""Measures the machine while a run trains: memory, load, temperature."""

import os
from typing import Any

import psutil
import torch

from workbench.training.loop.devices import Compute


class Monitor:
    """Reads memory and load of the worker and its device; cheap enough for once a second."""

    def __init__(self, compute: Compute) -> None:
        self._process = psutil.Process(os.getpid())
        self._process.cpu_percent()  # the first reading starts the interval
        self._gpu = _nvml_handle(compute.device)
        self._device = compute.device

    def read(self) -> dict[str, Any]:
        """Memory used and in all (bytes), loads (0 to 1), temperature (degrees Celsius)."""
        threads = torch.get_num_threads()
        found: dict[str, Any] = {
            "memory_bytes": self._process.memory_info().rss,
            "memory_total": psutil.virtual_memory().total,
            "cpu_load": round(self._process.cpu_percent() / 100 / threads, 3),
        }
        if self._device.type == "cuda":
            free, total = torch.cuda.mem_get_info(self._device)
            found |= {"gpu_memory_bytes": total - free, "gpu_memory_total": total}
        if self._gpu is not None:
            import pynvml

            load = pynvml.nvmlDeviceGetUtilizationRates(self._gpu).gpu
            heat = pynvml.nvmlDeviceGetTemperature(self._gpu, pynvml.NVML_TEMPERATURE_GPU)
            found |= {"gpu_load": load / 100, "temperature": heat}
        return found


def _nvml_handle(device: torch.device) -> Any:
    """A handle for load and temperature; None without a GPU or without nvidia-ml-py."""
    if device.type != "cuda":
        return None
    try:
        import pynvml
    except ImportError:
        return None
    try:
        pynvml.nvmlInit()
        # By UUID: the library does not know CUDA_VISIBLE_DEVICES.
        uuid = str(torch.cuda.get_device_properties(device).uuid)
        return pynvml.nvmlDeviceGetHandleByUUID(f"GPU-{uuid}")
    except pynvml.NVMLError:
        return None
