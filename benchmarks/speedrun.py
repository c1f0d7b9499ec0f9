"""How long a recipe takes to an accuracy, over several seeds: 94 % on CIFAR-10 unless told else.

    python benchmarks/speedrun.py [--preset speed/cifar10-94] [--target 0.94] [--seeds 5]
                                  [--data DIR] [--set KEY=VALUE]... [--limit N] [--bare]

Every seed is a run of the whole workbench in this process: the worker with its events,
checkpoints and images, as a screen would watch it; ``--bare`` leaves all that out. Counted is
what the public speed runs count: the first layer's filters, training (with its validations) and
the test. Reading the data, building and compiling are not; a first run, which is thrown away,
warms up. Without CIFAR-10 at hand: ``--set data.name=imagefolder --data DIR``.
"""

import argparse
import itertools
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import torch

from benchmarks.soundness import Unwatched, require_finite, require_learnt
from workbench.config import RunConfig, change_config
from workbench.config.fitting import resolve
from workbench.config.overrides import parse_assignment
from workbench.config.presets import load_preset
from workbench.data import load_data
from workbench.runs.live.launch import prepare as prepare_folder
from workbench.runs.store.events import read_events
from workbench.runs.store.record import read_record
from workbench.tasks import build_task
from workbench.training.compiled import compile as compiling
from workbench.training.loop import devices
from workbench.training.loop.assembly import PREPARING, assemble, fresh_model, prepare
from workbench.training.loop.trainer import Setup
from workbench.training.worker import main as worker


@dataclass(frozen=True)
class Timed:
    """One seed's run."""

    seconds: float
    accuracy: float  # of the test, 0 to 1
    images: int  # in the test
    device: str
    precision: str
    compiled: str


def watched(config: RunConfig, runs: Path) -> Timed:
    """A run of the worker; its seconds from the times of its events."""
    folder = prepare_folder(config, runs, f"seed-{config.train.seed}")
    worker.work(folder)
    record = read_record(folder.record)
    if record["run"]["status"] != "finished":
        raise SystemExit(f"the run ended {record['run']['status']}: {record.get('error')}")
    events = list(read_events(folder.metrics))
    times = {event["event"]: event["time"] for event in events if event["event"] != "phase"}
    seconds = times["test"] - times["start"]
    for event, following in itertools.pairwise(events):
        if event.get("message") == PREPARING:
            seconds += following["time"] - event["time"]
    where = record["environment"]
    return Timed(
        seconds,
        record["result"]["test_accuracy"],
        record["data"]["test"],
        where["device"],
        where["precision"],
        where["compile"],
    )


def bare(config: RunConfig) -> Timed:
    """The loop alone: the same steps and tests, and nobody who watches."""
    compute, data = devices.choose(config.train), load_data(config)
    task = build_task(config, data, compute.device)
    model = fresh_model(config, compute)
    callbacks = Unwatched()
    trainer = assemble(Setup(config, model, task, compute), data, callbacks)  # type: ignore[arg-type]
    test = data.test.to(compute.device)
    began = _now(compute.device)
    prepare(trainer)
    prepared = _now(compute.device) - began
    compiling.compile_training(trainer)
    began = _now(compute.device)
    trainer.train()
    accuracy = trainer.evaluate(test)["accuracy"]
    seconds = prepared + _now(compute.device) - began
    require_finite(callbacks.loss, config.about.preset)
    return Timed(seconds, accuracy, len(test), compute.name, compute.precision, trainer.compiled)


def _now(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()


def report(runs: list[Timed], target: float) -> None:
    """A line a seed, and what they come to."""
    seconds = [run.seconds for run in runs]
    accuracies = [run.accuracy for run in runs]
    middle, spread = statistics.fmean(accuracies), _deviation(accuracies)
    first = runs[0]
    print(f"\n{first.device}, {first.precision}, compile {first.compiled}\n")
    print("| seed | seconds | test accuracy |\n| ---: | ---: | ---: |")
    for seed, run in enumerate(runs):
        print(f"| {seed} | {run.seconds:.3f} | {run.accuracy:.2%} |")
    took = f"{statistics.fmean(seconds):.3f} ± {_deviation(seconds):.3f} s"
    print(f"| mean ± std | {took} | {middle:.2%} ± {spread:.2%} |\n")
    reached = sum(accuracy >= target for accuracy in accuracies)
    if middle >= target:
        print(
            f"time to {target:.0%}: {took} (mean accuracy {middle:.2%}, {reached} of {len(runs)})"
        )
    else:
        print(
            f"{target:.0%} not reached: mean accuracy {middle:.2%}, {reached} of {len(runs)} seeds"
        )


def _deviation(values: list[float]) -> float:
    return statistics.stdev(values) if len(values) > 1 else 0.0


def main() -> None:
    """Warm up, run the seeds, report."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--preset", default="speed/cifar10-94")
    parser.add_argument("--target", type=float, default=0.94, help="accuracy, 0 to 1")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--limit", type=int, default=0, help="training images, to try it out")
    parser.add_argument("--bare", action="store_true", help="the loop without the workbench")
    parser.add_argument("--no-warm-up", action="store_true")
    args = parser.parse_args()
    changes = dict(map(parse_assignment, args.set)) | {"data.limit": args.limit}
    config = resolve(load_preset(args.preset, changes), args.data)
    runs: list[Timed] = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(-1 + args.no_warm_up, args.seeds):
            seeded = change_config(config, {"train.seed": max(seed, 0)})
            place = Path(folder) / str(seed)
            timed = bare(seeded) if args.bare else watched(seeded, place)
            require_learnt(timed.accuracy, config.data.classes, timed.images, f"seed {seed}")
            note = "warm-up" if seed < 0 else f"seed {seed}"
            print(f"{note}: {timed.seconds:.3f} s, {timed.accuracy:.2%}", flush=True)
            runs += [timed] if seed >= 0 else []
    report(runs, args.target)


if __name__ == "__main__":
    main()
