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
from pathlib import Path

from workbench.runs.folder import RunFolder, list_folders
from workbench.runs.record import Record, read_record

SWEEP = """
title = "Twenty tiny runs: learning rate × seeds"
preset = "quick/digits"
seeds = [0, 1, 2, 3]
[set]
train.epochs = 2
train.batch_size = 128
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
        while _finished(runs) < number:
            time.sleep(0.2)
        os.kill(coordinator.pid, signal.SIGKILL)
        coordinator.wait()
        print(f"killed the coordinator with {_finished(runs)} finished", flush=True)
        if number == WORKER_AT:
            _kill_a_worker(runs)
    subprocess.run(command, check=True)
    records = [read_record(run.record)["run"] for run in list_folders(runs)]
    assert [record["status"] for record in records] == ["finished"] * 20, records
    workers = sorted(record["workers"] for record in records)
    print(f"{len(records)} runs, all finished; started {workers[:-1].count(1)} once", flush=True)
    assert workers == [1] * 19 + [2] or workers == [1] * 20, workers


def _finished(runs: Path) -> int:
    return sum(_run(folder).get("status") == "finished" for folder in list_folders(runs))


def _kill_a_worker(runs: Path) -> None:
    for folder in list_folders(runs):
        run = _run(folder)
        if run.get("status") == "running":
            os.kill(int(run["pid"]), signal.SIGKILL)
            print(f"killed the worker of {folder.id}", flush=True)
            return


def _run(folder: RunFolder) -> Record:
    found: Record = read_record(folder.record).get("run", {})
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp()))
