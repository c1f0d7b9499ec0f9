"""The facts of this machine that ``workbench doctor`` prints.

Only :func:`torch_info` imports torch.
"""

import importlib
import os
import platform
import shutil
import sys
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

import psutil

from workbench.config.fitting import cache_folder
from workbench.config.presets import list_presets, own_folder
from workbench.errors import WorkbenchError
from workbench.runs.store.folder import list_folders
from workbench.system.compiler import cxx_compiler
from workbench.system.terminal import image_protocol

Info = dict[str, Any]

PACKAGES = ("torch", "torchvision", "textual", "plotext", "ptflops", "numpy", "pillow")
DATA_MARKS = {  # what lies in a data root when a data set does
    "cifar10": ("cifar-10-batches-py", "cifar-10-python.tar.gz"),
    "cifar100": ("cifar-100-python", "cifar-100-python.tar.gz"),
}


def python_info() -> Info:
    """Python, the system, and the packages that matter."""
    return {
        "python": platform.python_version(),
        "executable": sys.executable,
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "packages": {name: _version(name) for name in PACKAGES},
    }


def torch_info() -> Info:
    """Devices with their memory in bytes, fast precisions and threads, by torch.

    Imports torch. ``error`` holds the reason where it cannot be imported.
    """
    try:
        torch = importlib.import_module("torch")
    except (ImportError, OSError) as error:  # OSError: a library that it links to is missing
        return {"error": f"torch cannot be imported: {error}", "devices": [], "threads": 0}
    return {
        "error": "",
        "devices": [_cpu(torch), *_gpus(torch)],
        "threads": torch.get_num_threads(),
        "compiler": cxx_compiler(),
    }


def torchvision_problem() -> str:
    """Why torch and torchvision do not fit each other; "" if they do.

    A torchvision beside another torch than it was built for fails at import
    (``operator torchvision::nms does not exist``), in the middle of a run.
    """
    have = _version("torch").partition("+")[0]
    for line in requires("torchvision") or []:
        name, _, wanted = line.partition(";")[0].replace(" ", "").partition("==")
        if name == "torch" and wanted and wanted != have:
            return f"torchvision {_version('torchvision')} needs torch {wanted}, not {have}"
    try:
        importlib.import_module("torchvision")
    except (ImportError, OSError, RuntimeError) as error:
        return f"torchvision cannot be imported: {error}"
    return ""


def terminal_info() -> Info:
    """The terminal as the environment and the system describe it; it is not queried.

    Raises RequestError as :func:`image_protocol` does.
    """
    columns, lines = shutil.get_terminal_size()
    name = os.environ.get("TERM", "")
    truecolour = os.environ.get("COLORTERM", "") in ("truecolor", "24bit")
    return {
        "is_terminal": sys.stderr.isatty(),
        "columns": columns,
        "lines": lines,
        "term": name,
        "colours": 1 << 24 if truecolour else 256 if "256" in name else 16 if name else 0,
        "unicode": (sys.stdout.encoding or "").lower().replace("-", "") == "utf8",
        "pictures": image_protocol(),
        "ssh": "SSH_CONNECTION" in os.environ,
    }


def folder_info(folder: Path) -> Info:
    """A folder's state: there or not, writable (or creatable), bytes free on its disk."""
    nearest = next((place for place in (folder, *folder.parents) if place.exists()), folder)
    usable = nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)
    free = shutil.disk_usage(nearest).free if nearest.exists() else None
    return {
        "path": str(folder),
        "exists": folder.is_dir(),
        "writable": usable,
        "free_bytes": free,
    }


def runs_info(runs_dir: Path) -> Info:
    """The runs directory and how many runs are in it."""
    info = folder_info(runs_dir)
    try:
        return {**info, "runs": len(list_folders(runs_dir))}
    except WorkbenchError as error:
        return {**info, "runs": 0, "error": str(error)}


def dataset_info(given: Path | None) -> Info:
    """The data root (as given, else ``$WORKBENCH_DATA``, else the default), and what is in it."""
    chosen = given or os.environ.get("WORKBENCH_DATA") or cache_folder() / "data"
    root = Path(chosen).expanduser().absolute()
    found = [
        name for name, marks in DATA_MARKS.items() if any((root / mark).exists() for mark in marks)
    ]
    if any((root / part).is_dir() for part in ("train", "test")):
        found.append("imagefolder")
    return {**folder_info(root), "found": found}


def preset_info() -> Info:
    """The number of presets, and the folder of the user's own ones."""
    presets = list_presets()
    return {"count": len(presets), "own": sum(p.own for p in presets), "folder": str(own_folder())}


def _cpu(torch: Any) -> Info:
    from workbench.training.loop.devices import fast_precision

    memory = psutil.virtual_memory()
    # torch has no public question for AMX.
    fast = {"amx": torch.cpu._is_amx_tile_supported(), "avx512_bf16": _has_flag("avx512_bf16")}
    return {
        "device": "cpu",
        "name": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None,
        "memory_total": memory.total,
        "memory_free": memory.available,
        "bfloat16": [name for name, there in fast.items() if there],
        "fast_precision": fast_precision(torch.device("cpu")),
    }


def _gpus(torch: Any) -> list[Info]:
    from workbench.training.loop.devices import fast_precision

    found = []
    for index in range(torch.cuda.device_count()):
        free, total = torch.cuda.mem_get_info(index)
        device = torch.device("cuda", index)
        bf16 = torch.cuda.get_device_capability(device) >= (8, 0)
        found.append(
            {
                "device": str(device),
                "name": torch.cuda.get_device_name(device),
                "memory_total": total,
                "memory_free": free,
                "bfloat16": ["native"] if bf16 else [],
                "fast_precision": fast_precision(device),
            }
        )
    return found


def _processor() -> str:
    for line in _cpuinfo():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _has_flag(flag: str) -> bool:
    return any(flag in line.split() for line in _cpuinfo() if line.startswith("flags"))


def _cpuinfo() -> list[str]:
    try:
        return Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
    except OSError:
        return []


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
