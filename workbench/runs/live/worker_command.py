"""The command that starts a run's worker: on one machine, or over the nodes of a job."""

import socket
import sys

from workbench.runs.places.job import Start
from workbench.runs.store.folder import RunFolder

WORKER = "workbench.training.worker"
PORT = 29400  # of the first node, where the others meet; with the job's last digits added


def worker_command(folder: RunFolder, processes: int = 0) -> list[str]:
    """The command for a run's folder; ``processes`` are in place of ``train.devices``."""
    return [*_module(WORKER), str(folder.path), *([str(processes)] * (processes > 0))]


def torchrun_command(folder: RunFolder, start: Start) -> list[str]:
    """The command that each node of a job runs: a process for each GPU, or one."""
    return [
        *_module("torch.distributed.run"),
        f"--nnodes={len(start.nodes)}",
        f"--nproc-per-node={start.gpus or 1}",
        f"--rdzv-id={start.job}",
        "--rdzv-backend=c10d",
        f"--rdzv-endpoint={socket.gethostname()}:{PORT + int(start.job) % 1000}",
        "--max-restarts=0",
        "-m", WORKER, str(folder.path),
    ]  # fmt: skip


def _module(name: str) -> list[str]:
    """This Python with a module; -P: a file of a stranger's (random.py) is not imported."""
    return [sys.executable, "-P", "-m", name]
