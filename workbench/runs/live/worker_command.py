"""The command that starts a run's worker: on one machine, or over the nodes of a job."""

import os
import socket
import sys

from workbench.runs.store.folder import RunFolder

WORKER = "workbench.training.worker"
PORT = 29400  # of the first node, where the others meet; with the job's last digits added


def worker_command(folder: RunFolder, processes: int = 0, nodes: int = 1) -> list[str]:
    """The command for a run's folder; ``processes`` are in place of ``train.devices``.

    Over several ``nodes`` of the SLURM job that this runs in, torchrun on each of them.
    """
    # -P: a file of a stranger's in the working folder (random.py) is not imported.
    python = [sys.executable, "-P", "-m"]
    if nodes > 1:
        return [*_on_each_node(nodes), *python, *_torchrun(nodes), "-m", WORKER, str(folder.path)]
    return [*python, WORKER, str(folder.path), *([str(processes)] * (processes > 0))]


def _on_each_node(nodes: int) -> list[str]:
    cores = os.environ.get("SLURM_CPUS_PER_TASK", "")
    each = [f"--cpus-per-task={cores}"] if cores.isdigit() else []  # srun does not take it over
    return [
        "srun", f"--nodes={nodes}", f"--ntasks={nodes}", "--ntasks-per-node=1",
        "--kill-on-bad-exit=1", *each,
    ]  # fmt: skip


def _torchrun(nodes: int) -> list[str]:
    job = os.environ.get("SLURM_JOB_ID", "0")
    gpus = os.environ.get("SLURM_GPUS_ON_NODE", "")
    return [
        "torch.distributed.run", f"--nnodes={nodes}",
        f"--nproc-per-node={gpus if gpus.isdigit() and gpus != '0' else 1}",
        f"--rdzv-id={job}", "--rdzv-backend=c10d",
        f"--rdzv-endpoint={socket.gethostname()}:{PORT + int(job) % 1000}", "--max-restarts=0",
    ]  # fmt: skip
