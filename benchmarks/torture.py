"""Kill a training at random moments, resume it, and compare it with one that was left alone.

    python benchmarks/torture.py --trials 100

Each trial starts a run of the embedded digits in a process of its own, kills it
with SIGKILL at a moment drawn from its whole life (also while it reads data,
writes a checkpoint or tests), lets it be resumed, sometimes kills that as well,
and compares every metric and the final weights with the undisturbed run's.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

# Loaded before the fork, so that a trial costs a second and not five.
import sklearn.datasets  # noqa: F401
import torch
import torch._dynamo

from workbench.config.fitting import resolve
from workbench.config.presets import load_preset
from workbench.runs.live.launch import prepare
from workbench.runs.store.events import Event, read_events
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.record import read_record
from workbench.training.worker import main as worker
from workbench.training.worker import session

SETTINGS = {
    "train.epochs": 4,
    "train.threads": 1,
    "model.width": 8,
    "model.dropout": 0.2,
    "augment.hflip": 0.5,
    "train.checkpoint_minutes": 0.002,
}
MEASURED = ("time", "seconds", "images_per_second")


def main() -> int:
    """Run the trials; gives 0 if every one came to the same."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    draw = random.Random(options.seed)
    assert session.__name__ and torch.get_num_threads()  # loaded, not used: no thread yet
    with tempfile.TemporaryDirectory() as name:
        os.environ["WORKBENCH_STATE"] = name
        root = Path(name) / "runs"
        calm = new_run(root, "calm")
        began = time.monotonic()
        wait(start(calm))
        life = time.monotonic() - began
        expected = outcome(calm)
        print(f"undisturbed: {len(expected[0])} metric lines in {life:.2f} s, {expected[1]}")
        kills = hit = same = started = 0
        while hit < options.trials:
            started += 1
            folder = new_run(root, f"trial-{started}")
            hits = torment(folder, draw, life)
            if not hits:  # it was over before the moment came: no trial
                continue
            kills, hit = kills + hits, hit + 1
            equal = outcome(folder) == expected
            same += equal
            print(f"trial {hit}: {hits} kills, {'same' if equal else 'DIFFERENT'}", flush=True)
    print(f"{same} of {hit} identical after {kills} kills")
    return 0 if same == hit else 1


def new_run(root: Path, name: str) -> RunFolder:
    """The folder of a run that is the same for every trial."""
    return prepare(resolve(load_preset("quick/digits", SETTINGS), None), root, name)


def torment(folder: RunFolder, draw: random.Random, life: float) -> int:
    """Kill and resume a run until it is finished; gives the number of kills that hit."""
    kills = 0
    at = draw.uniform(0, life)
    while True:
        child = start(folder)
        time.sleep(at)
        os.kill(child, signal.SIGKILL)
        kills += wait(child) == signal.SIGKILL
        if kills and draw.random() < 0.7:  # let it come to its end this time
            wait(start(folder))
        if read_record(folder.record).get("run", {}).get("status") == "finished":
            return kills
        at = draw.uniform(0, life)


def start(folder: RunFolder) -> int:
    """Start a worker on the run; gives its process id."""
    child = os.fork()
    if child:
        return child
    log = os.open(folder.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os._exit(worker.main([str(folder.path)]))


def wait(child: int) -> int:
    """Wait for a process; gives the signal that ended it, 0 for none."""
    _, status = os.waitpid(child, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


def outcome(folder: RunFolder) -> tuple[list[Event], str]:
    """Everything that a run computed: its metric lines and the hash of its weights."""
    kept = [
        {key: value for key, value in event.items() if key not in MEASURED}
        for event in read_events(folder.metrics)
        if event["event"] in ("step", "epoch", "test")
    ]
    return kept, read_record(folder.record)["result"]["weights_sha256"]


if __name__ == "__main__":
    sys.exit(main())
