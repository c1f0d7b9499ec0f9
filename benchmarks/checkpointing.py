"""What checkpoints cost the training that they keep safe.

    python benchmarks/checkpointing.py --repeats 5

Trains the embedded digits with a checkpoint at every epoch (seven a second or
so: far more often than real trainings do) and without any, in turn, and prints
the ratio of the seconds spent training.
"""

import argparse
import os
import statistics
import tempfile
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.soundness import require_learnt
from workbench.config.fitting import resolve
from workbench.config.presets import load_preset
from workbench.runs.live.launch import prepare
from workbench.runs.store.record import read_record
from workbench.training.worker import main as worker
from workbench.training.worker.callbacks import Callbacks

SETTINGS = {"train.epochs": 30, "train.threads": 1}


def seconds(root: Path, name: str, *, checkpoints: bool) -> float:
    """Train once; gives the seconds from the first step to the last evaluation."""
    folder = prepare(resolve(load_preset("quick/digits", SETTINGS), None), root, name)

    def none(*_: Any, **__: Any) -> None:
        return None

    if checkpoints:
        worker.work(folder)
    else:
        with (
            patch.object(Callbacks, "checkpoint", none),
            patch.object(Callbacks, "keep_final", none),
        ):
            worker.work(folder)
    record = read_record(folder.record)
    result, test = record.get("result", {}), record.get("data", {}).get("test", 0)
    require_learnt(result.get("test_accuracy", 0.0), 10, test, folder.id)
    return float(record["run"]["seconds"])


def main() -> None:
    """Train in turn with and without, and print the ratio of the medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    found: dict[bool, list[float]] = {True: [], False: []}
    with tempfile.TemporaryDirectory() as name:
        os.environ["WORKBENCH_STATE"] = name
        root = Path(name) / "runs"
        seconds(root, "warm-up", checkpoints=True)
        for repeat in range(options.repeats):
            for kept in (False, True):
                found[kept].append(seconds(root, f"{kept}-{repeat}", checkpoints=kept))
    without, kept = (statistics.median(found[key]) for key in (False, True))
    print(f"30 epochs, 600 steps: {without:.2f} s without, {kept:.2f} s with 30 checkpoints")
    print(f"ratio {kept / without:.3f}; {(kept - without) / 30 * 1000:.1f} ms a checkpoint")


if __name__ == "__main__":
    main()
