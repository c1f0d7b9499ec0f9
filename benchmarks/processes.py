"""What a step of several processes costs beyond the step of one, on this machine's CPU.

    python -m benchmarks.processes [--preset resnet/resnet20-cifar10] [--processes 2] [--batch 64]

In each process, in turns: its part of the batch alone (nothing is sent), all parts together (the
library's sum), the same in pairs (``train.parts``), and the sum of as many numbers as the gradient
has. Medians of whole blocks; ``batch`` is that of one process. Random images.
"""

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import torch

from benchmarks.random_data import random_data
from workbench.config.presets import load_preset
from workbench.models import build_model
from workbench.tasks import build_task
from workbench.training.distributed.world import ALONE, World, join, leave
from workbench.training.loop.assembly import assemble
from workbench.training.loop.devices import Compute
from workbench.training.loop.trainer import Setup, Trainer


class Nobody:
    """Callbacks that do nothing."""

    def step_done(self, trainer: object, losses: object, lr: float) -> None: ...

    def epoch_done(self, trainer: object, row: object, best: bool) -> None: ...

    def between(self) -> None: ...


def trainer(preset: str, batch: int, parts: int, world: World) -> Trainer:
    """A trainer of ``preset`` on random images."""
    changes = {"train.batch_size": batch, "train.parts": parts, "train.compile": "off"}
    config = load_preset(preset, changes)
    data = random_data(config, 4 * batch)
    compute = Compute(torch.device("cpu"), "float32", channels_last=config.train.channels_last)
    torch.manual_seed(0)
    model = build_model(config)
    setup = Setup(config, model, build_task(config, data, compute.device), compute, world)
    made = assemble(setup, data, Nobody())
    made.model.train()
    return made


def measured(steps: dict[str, Callable[[], object]], world: World, blocks: int) -> dict[str, float]:
    """Median milliseconds of each, of blocks of three that take turns; all start together."""
    found: dict[str, list[float]] = {name: [] for name in steps}
    for block in range(blocks + 1):
        for name, step in steps.items():
            world.share(None)
            began = time.perf_counter()
            for _ in range(3):
                step()
            if block:
                found[name].append((time.perf_counter() - began) / 3)
    return {name: 1e3 * statistics.median(times) for name, times in found.items()}


def measure(args: argparse.Namespace) -> None:
    """In each process; the first one prints."""
    from workbench.training.distributed.peers import meet

    torch.set_num_threads(args.threads)
    world = join(meet(), torch.device("cpu"))
    whole = args.batch * world.size
    alone = trainer(args.preset, args.batch, 0, ALONE)
    together = trainer(args.preset, whole, 0, world)
    in_pairs = trainer(args.preset, whole, world.size, world)
    count = sum(p.numel() for p in alone.model.parameters())
    numbers = torch.zeros(count)
    steps: dict[str, Callable[[], object]] = {
        "alone": alone.train_step,
        "together": together.train_step,
        "in pairs": in_pairs.train_step,
        "sum": lambda: world.add_up(numbers, in_pairs=False),
        "sum in pairs": lambda: world.add_up(numbers, in_pairs=True),
    }
    times = measured(steps, world, args.blocks)
    leave()
    if not world.leads:
        return
    print(f"{args.preset}, {world.size} processes of {args.threads} thread, {args.batch} images")
    print(f"each, {count:,} parameters, ms a step:")
    for name, value in times.items():
        print(f"  {name:13} {value:9.2f}   {value / times['alone']:.3f} of alone")
    beyond = times["together"] - times["alone"] - times["sum"]
    print(f"  beyond the step and the sum: {beyond:.2f} ms ({beyond / times['alone']:.1%})")


def main() -> None:
    """Start the processes, or be one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="resnet/resnet20-cifar10")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--blocks", type=int, default=12)
    parser.add_argument("--is-one", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.is_one:
        measure(args)
        return
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", str(args.processes), "-m", "benchmarks.processes", "--is-one"]
    subprocess.run([*command, *sys.argv[1:]], check=True)


if __name__ == "__main__":
    main()
