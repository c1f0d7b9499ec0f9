"""Microseconds that the workbench adds to a training step, found within one process.

    python -m benchmarks.step_cost --data DIR [--network simplenn] [--blocks 200]
                                   [--batch N] [--threads N]

Two processes on a shared machine differ by more than what is looked for, so both loops are in
one: the worker trains a run, and after each block of its steps the shortest loop that trains
makes as many on the same network, batches and optimiser. Each of the worker's blocks is
compared with the bare ones before and after it; medians, with the quarter and three quarters
of all blocks. Its looks around, four a second, come twice as seldom here, since it only trains
half the time. Ends of epochs are left out; ``benchmarks.training`` has them.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import ClassVar

from torch.nn import functional as F

from benchmarks.loops import configuration
from benchmarks.soundness import require_finite
from benchmarks.training import NETWORKS
from workbench.runs.live.launch import prepare
from workbench.runs.store.record import read_record
from workbench.tasks import Losses
from workbench.training.loop.trainer import StopTraining, Trainer
from workbench.training.worker import callbacks as callbacks
from workbench.training.worker import main as worker
from workbench.training.worker.callbacks import Callbacks

BLOCK = 20  # steps
IMAGES = 16_000  # an epoch where the batch is another than the network's usual one
WARM_UP = 5  # blocks


def bare_steps(trainer: Trainer, count: int) -> None:
    """The shortest loop that trains."""
    model, optimizer, batches = trainer.model, trainer.optimizer, trainer.batches
    for step in range(trainer.step, trainer.step + count):
        images, targets = batches.batch(step % batches.steps_per_epoch)
        optimizer.zero_grad()
        with trainer.compute.autocast():
            loss = F.cross_entropy(model(images).float(), targets["label"])
        loss.backward()
        optimizer.step()
    require_finite(loss.detach(), "the bare loop")


class Paired(Callbacks):
    """Makes bare steps between the worker's blocks and times both."""

    wanted = 0
    bare: ClassVar[list[float]] = []  # seconds of a block
    whole: ClassVar[list[float]] = []  # of the worker's block after it
    _began = 0.0
    _steps = 0

    def step_done(self, trainer: Trainer, losses: Losses, lr: float) -> None:
        """As the worker's; at the end of a block, a bare one."""
        super().step_done(trainer, losses, lr)
        self._steps += 1
        if self._steps < BLOCK and self._began:
            return
        passed = time.perf_counter() - self._began
        if self._began:
            self.whole.append(passed)
        if len(self.whole) == self.wanted:
            raise StopTraining
        began = time.perf_counter()
        bare_steps(trainer, BLOCK)
        if self._steps == BLOCK or not self.bare:
            self.bare.append(time.perf_counter() - began)
        self._begin()

    def epoch_done(self, *args: object, **others: object) -> None:
        """The block that an epoch's end interrupts is begun anew."""
        super().epoch_done(*args, **others)  # type: ignore[arg-type]
        self._begin()

    def _begin(self) -> None:
        self._steps, self._began = 0, time.perf_counter()


def main() -> None:
    """Train, and print the difference."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--network", default="simplenn", choices=NETWORKS)
    parser.add_argument("--blocks", type=int, default=200)
    parser.add_argument("--threads", type=int, default=0, help="0: all cores")
    parser.add_argument("--batch", type=int, help="images a step; small ones leave less noise")
    args = parser.parse_args()
    request = NETWORKS[args.network] | {"data": str(args.data), "threads": args.threads}
    if args.batch:
        request |= {"batch": args.batch, "steps": IMAGES // args.batch}
    Paired.wanted = WARM_UP + args.blocks
    callbacks.POLL *= 2
    callbacks.REPORT *= 2
    callbacks.Callbacks = Paired  # type: ignore[misc]
    with tempfile.TemporaryDirectory() as folder:
        run = prepare(configuration(request), Path(folder), "paired")
        worker.work(run)
        status = read_record(run.record)["run"]["status"]  # stopped, unless a loss was not finite
    if status != "stopped":
        raise SystemExit(f"no figure: the run ended {status}")
    bare, whole = Paired.bare[WARM_UP:], Paired.whole[WARM_UP:]
    around = [(a + b) / 2 for a, b in zip(bare, bare[1:] + bare[-1:], strict=True)]
    added = [1e6 * (w - b) / BLOCK for w, b in zip(whole, around, strict=True)]
    first, middle, third = statistics.quantiles(added, n=4)
    print(
        f"{args.network}: bare {1e3 * statistics.median(bare) / BLOCK:.2f} ms a step, workbench "
        f"{middle:+.0f} µs (quartiles {first:+.0f}, {third:+.0f}; mean "
        f"{statistics.fmean(added):+.0f}; {len(added)} blocks of {BLOCK})"
    )


if __name__ == "__main__":
    main()
