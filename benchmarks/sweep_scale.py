"""A sweep of ten thousand points against a stand-in for a scheduler with a thousand slots.

    python -m benchmarks.sweep_scale [--points 10000] [--slots 1000] [--seconds 20]

The stand-in takes a run at once and finishes it after some ``seconds``; everything else is the
coordinator's own: configurations, run folders, claims, statuses. Prints submissions a second, what
the coordinator needs of a core and of memory, and what its death in the middle costs the next one.
"""

import argparse
import random
import resource
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

from workbench.runs.live.process import own_identity
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.record import now, write_record
from workbench.sweeps.config import SweepConfig, build_sweep
from workbench.sweeps.coordinator import Coordinator, Listener
from workbench.sweeps.folder import SweepFolder, open_sweep
from workbench.sweeps.plan import plan
from workbench.sweeps.source import Planned


class Scheduler(threading.Thread):
    """Takes runs and finishes each after about ``seconds``."""

    def __init__(self, seconds: float) -> None:
        super().__init__(daemon=True)
        self.seconds, self.random = seconds, random.Random(0)
        self.due: list[tuple[float, RunFolder]] = []
        self.most = 0
        self.turn, self.over = threading.Lock(), threading.Event()

    def submit(self, folder: RunFolder) -> None:
        """Take a run: its worker is this process."""
        run = {"id": folder.id, "started": now(), "status": "running", "workers": 1}
        write_record(folder.record, {"run": run | own_identity().as_table()})
        due = time.monotonic() + self.seconds * self.random.uniform(0.5, 1.5)
        with self.turn:
            self.due.append((due, folder))
            self.most = max(self.most, len(self.due))

    def run(self) -> None:
        """Finish what is due, four times a second."""
        while not self.over.wait(0.25):
            with self.turn:
                ready = [folder for due, folder in self.due if due <= time.monotonic()]
                self.due = [each for each in self.due if each[0] > time.monotonic()]
            for folder in ready:
                run = {"id": folder.id, "started": now(), "status": "finished", "workers": 1}
                result = {"test_accuracy": 0.5, "best_val_accuracy": 0.5}
                write_record(
                    folder.record, {"run": run | own_identity().as_table(), "result": result}
                )


class Killed(Exception):
    """The coordinator is gone."""


def coordinate(
    folder: SweepFolder, sweep: SweepConfig, scheduler: Scheduler, until: int
) -> tuple[Coordinator, float, float]:
    """Coordinate until so many runs have ended; seconds on the clock, seconds to the first pass."""
    began = time.monotonic()
    first: list[float] = []

    def show(each: Coordinator) -> None:
        first.append(time.monotonic() - began)
        if each.done >= until:
            raise Killed

    one = Coordinator(folder, sweep, Planned(plan(sweep, folder.name)), None, Listener(show=show))
    one._start_worker = scheduler.submit  # type: ignore[method-assign]
    with suppress(Killed):
        one.work()
    return one, time.monotonic() - began, first[0]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--points", type=int, default=10_000)
    parser.add_argument("--slots", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=20.0)
    args = parser.parse_args()
    sweep = build_sweep(
        {
            "preset": "quick/digits",
            "jobs": args.slots,
            "grid": {"train.seed": list(range(args.points))},
        }
    )
    scheduler = Scheduler(args.seconds)
    scheduler.start()
    with tempfile.TemporaryDirectory() as runs:
        folder = open_sweep("scale", Path(runs))
        half, clock, first = coordinate(folder, sweep, scheduler, args.points // 2)
        begun = len(half.live) + half.done
        worked = time.process_time()
        rest, again, until_known = coordinate(folder, sweep, scheduler, args.points)
        worked = time.process_time() - worked
        scheduler.over.set()
        scheduler.join()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{args.points:,} points, {args.slots:,} slots, about {args.seconds:g} s a run")
    print(f"  submitted                {begun / clock:8.1f} a second ({begun:,} in {clock:.0f} s)")
    print(f"  at once, at most         {scheduler.most:8,}")
    print(f"  first pass               {first:8.1f} s")
    print(
        f"  killed half-way: the next one knows all and has filled its slots in {until_known:.1f} s"
    )
    print(f"  the second half          {again:8.0f} s, {worked / again:.0%} of a core")
    print(f"  memory at most           {memory:8.0f} MB (with the stand-in)")
    print(
        f"  ended                    {rest.done:8,} of {args.points:,}, failed {len(rest.failed)}"
    )


if __name__ == "__main__":
    main()
