"""What a step's metrics cost the training loop, and what a million of them cost who looks later.

    python -m benchmarks.metrics_cost [--steps 100000] [--million]

Keeps, reads and writes the losses of steps as a worker does (:class:`StepLog`), a few
times a second all at once, and gives microseconds a step: of what every step pays, and
of everything. ``--million`` records a run of a million steps and opens it, with the
file out of the page cache and in it: until its events are folded, and until the first
image of its plots is made. Run it from the root of the repository.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

from tests.ui.recorded import Recording, record_run
from workbench.runs.history.feed import RunFeed
from workbench.runs.store.events import EventWriter
from workbench.training.worker.step_log import StepLog
from workbench.ui.run.plots import PlotSettings, build_accuracy, build_loss

REPEATS = 5
LOSSES = {
    "classification": ("loss",),
    "detection": ("loss", "loss_proposal", "loss_box", "loss_class"),
}
STEPS_A_LOOK = (50, 4)  # a step of 5 ms and one of 60: the worker looks around every 250 ms
SIZE = (160, 48)  # cells of the plot
EPOCHS, STEPS_PER_EPOCH = 400, 2500


def cost(names: tuple[str, ...], steps: int, look: int) -> dict[str, float]:
    """Microseconds a step: to keep its losses, and with their reading and writing."""
    losses = {name: torch.rand(()) for name in names}
    kept, whole = [], []
    for _ in range(REPEATS):
        with tempfile.TemporaryDirectory() as folder:
            writer = EventWriter(Path(folder) / "metrics.jsonl")
            log, reporting = StepLog(writer), 0.0
            began = time.perf_counter()
            for step in range(1, steps + 1):
                log.add(step, 1, 0.1, losses)
                if step % look == 0:
                    paused = time.perf_counter()
                    log.report()
                    writer.flush()
                    reporting += time.perf_counter() - paused
            passed = time.perf_counter() - began
            writer.close()
        kept.append(1e6 * (passed - reporting) / steps)
        whole.append(1e6 * passed / steps)
    return {"kept": round(statistics.median(kept), 2), "whole": round(statistics.median(whole), 2)}


def million() -> dict[str, Any]:
    """Seconds to open a run of a million steps."""
    with tempfile.TemporaryDirectory() as root:
        done = Recording(
            name="million", epochs=EPOCHS, steps_per_epoch=STEPS_PER_EPOCH, done=EPOCHS
        )
        folder = record_run(Path(root), done)
        size = folder.metrics.stat().st_size
        cold, warm = [], []
        for _ in range(REPEATS):
            _forget(folder.metrics)
            cold.append(_open(RunFeed(folder)))
            warm.append(_open(RunFeed(folder)))
    middle = {name: _median(times) for name, times in (("cold", cold), ("warm", warm))}
    return {"steps": done.last_step, "bytes": size, "seconds": middle}


def _open(feed: RunFeed) -> tuple[float, float]:
    """Seconds until the events are folded, and until both plots are made."""
    began = time.perf_counter()
    feed.catch_up(lambda share: None)
    folded = time.perf_counter() - began
    for build in (build_loss, build_accuracy):
        build(feed.state, PlotSettings(), *SIZE, growing=False)
    return folded, time.perf_counter() - began


def _median(times: list[tuple[float, float]]) -> dict[str, float]:
    folded, drawn = zip(*times, strict=True)
    return {
        "folded": round(statistics.median(folded), 3),
        "first_image": round(statistics.median(drawn), 3),
    }


def _forget(path: Path) -> None:
    """Have the system drop a file from its page cache."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def main() -> None:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--million", action="store_true", help="also a run of a million steps")
    given = parser.parse_args()
    torch.set_num_threads(1)
    result: dict[str, Any] = {
        "microseconds_a_step": {
            f"{task}, {look} steps a look": cost(names, given.steps, look)
            for task, names in LOSSES.items()
            for look in STEPS_A_LOOK
        }
    }
    if given.million:
        result["million"] = million()
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
