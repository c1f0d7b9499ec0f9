"""A sweep of 20 small runs whose coordinator is killed three times, and one worker with it.

    python -m benchmarks.killed_sweep [FOLDER]

Says what it does, and fails unless exactly 20 runs have finished, each once.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from workbench.runs.store.folder import list_folders
from workbench.runs.store.record import Record, read_record

SWEEP = """
title = "Twenty tiny runs: learning rate × seeds"
preset = "quick/digits"
seeds = [0, 1, 2, 3]
[set]
train.epochs = 2
train.batch_size = 128
train.threads = 1
model.width = 4
[grid]
optimizer.lr = [0.003, 0.01, 0.03, 0.1, 0.3]
"""
KILL_AT = (2, 6, 12)  # finished runs at which the coordinator is killed
WORKER_AT = 6  # and with it a worker


def main(folder: Path) -> None:
    """Start, kill, start again; then look at what there is."""
    file, runs = folder / "twenty.toml", folder / "runs"
    file.write_text(SWEEP)
    command = [sys.executable, "-m", "workbench", "sweep", str(file), "--jobs", "2"]
    command += ["--runs-dir", str(runs)]
    for number in KILL_AT:
        coordinator = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        while len(_of_status(runs, "finished")) < number or not _of_status(runs, "running"):
            time.sleep(0.2)
        os.kill(coordinator.pid, signal.SIGKILL)
        coordinator.wait()
        finished, running = _of_status(runs, "finished"), _of_status(runs, "running")
        print(f"killed the coordinator with {len(finished)} finished", flush=True)
        if number == WORKER_AT:
            os.kill(int(running[0]["pid"]), signal.SIGKILL)
            print(f"killed the worker of {running[0]['id']}", flush=True)
    subprocess.run(command, check=True)
    finished = _of_status(runs, "finished")
    workers = Counter(run["workers"] for run in finished)
    print(f"{len(list_folders(runs))} runs; {len(finished)} finished, {workers[1]} of them with")
    print(f"one worker, {workers[2]} with a second in place of the one that was killed")
    assert len(list_folders(runs)) == 20, "a run was lost or repeated"
    assert workers == {1: 19, 2: 1}, workers


def _of_status(runs: Path, status: str) -> list[Record]:
    """The ``[run]`` tables of the runs whose record says so."""
    records = (read_record(folder.record).get("run", {}) for folder in list_folders(runs))
    return [run for run in records if run.get("status") == status]


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp()))
