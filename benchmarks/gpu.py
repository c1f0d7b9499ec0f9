"""The training step on this machine's device, compiled or not, and what one step consists of.

    python benchmarks/gpu.py [PRESET]... [--compile off default graphs] [--set KEY=VALUE]...
                             [--steps 100] [--repeats 5] [--limit N] [--rows 12]

Images are random bytes of the preset's size, so that no data is needed; batches, augmentation,
network, loss, optimiser and metrics are those of a run. The ways take turns; medians. Then one
step of each is profiled: kernels launched, time of the host and of the device, how often the
host waited for the device, and the operators that took longest. Meant for a GPU; on a CPU it
shows the same table without kernels.
"""

import argparse
import statistics
import time
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

from benchmarks.random_data import random_data
from benchmarks.soundness import Unwatched, require_finite
from workbench.config.overrides import parse_assignment
from workbench.config.presets import load_preset
from workbench.tasks import Losses, build_task
from workbench.training.compiled import compile as compiling
from workbench.training.loop import devices
from workbench.training.loop.assembly import assemble, fresh_model, prepare
from workbench.training.loop.trainer import Setup, Trainer

PRESETS = ["speed/cifar10-94", "resnet/resnet20-cifar10", "resnet/resnet18-cifar10"]
# What the host calls when a step waits for a GPU, as the profiler names it; the one
# cudaDeviceSynchronize in its table is its own.
WAITS = ("cudaStreamSynchronize", "cudaEventSynchronize", "cudaMemcpy")
LAUNCHES = ("cudaLaunchKernel", "cudaLaunchKernelExC", "cuLaunchKernel", "cuLaunchKernelEx",
            "cudaGraphLaunch")  # fmt: skip


@dataclass
class Way:
    """One preset, compiled in one way."""

    preset: str
    asked: str
    trainer: Trainer
    notice: str
    ready: float  # seconds that compiling took
    rates: list[float]  # images a second
    loss: Tensor | None = None  # of the newest step


def make(preset: str, asked: str, changes: dict[str, Any], limit: int) -> Way:
    """A trainer that stands before its first step."""
    config = load_preset(preset, changes | {"train.compile": asked})
    compute = devices.choose(config.train)
    data = random_data(config, limit or 8 * config.train.batch_size)
    task = build_task(config, data, compute.device)
    model = fresh_model(config, compute)
    trainer = assemble(Setup(config, model, task, compute), data, Unwatched())  # type: ignore[arg-type]
    prepare(trainer)
    began = time.perf_counter()
    notice = compiling.compile_training(trainer)
    trainer.model.train()
    return Way(preset, asked, trainer, notice, time.perf_counter() - began, [])


def rate(way: Way, steps: int) -> float:
    """Images a second over ``steps`` steps."""
    _wait(way)
    began = time.perf_counter()
    _steps(way, steps)
    _wait(way)
    seconds = time.perf_counter() - began
    require_finite(way.loss, f"{way.preset}, compile {way.trainer.compiled}")
    return steps * way.trainer.batches.batch_size / seconds


def _steps(way: Way, steps: int) -> None:
    losses: Losses = {}
    for _ in range(steps):
        way.trainer.step %= way.trainer.steps  # the schedule's end is no end here
        losses, _ = (way.trainer.captured or way.trainer.train_step)()
    way.loss = losses.get("loss")


def _wait(way: Way) -> None:
    if way.trainer.compute.device.type == "cuda":
        torch.cuda.synchronize()


def show_step(way: Way, rows: int) -> None:
    """Profile one step and print what it was made of."""
    on_gpu = way.trainer.compute.device.type == "cuda"
    activities = [ProfilerActivity.CPU] + [ProfilerActivity.CUDA] * on_gpu
    _steps(way, 3)
    _wait(way)
    with profile(activities=activities, acc_events=True) as found:
        _steps(way, 1)
    averages = found.key_averages()
    called = {event.key: event.count for event in averages}
    host = sum(event.self_cpu_time_total for event in averages) / 1000
    print(f"\n### One step of {way.preset}, compile {way.trainer.compiled}\n")
    line = f"operators' time on the host {host:.2f} ms"
    if on_gpu:
        device = sum(event.self_device_time_total for event in averages) / 1000
        launches = sum(called.get(name, 0) for name in LAUNCHES)
        waits = sum(called.get(name, 0) for name in WAITS)
        line += f", on the device {device:.2f} ms; {launches} launches; {waits} waits"
    print(line + "\n")
    order = "self_device_time_total" if on_gpu else "self_cpu_time_total"
    print(averages.table(sort_by=order, row_limit=rows, max_name_column_width=50))


def main() -> None:
    """Make all ways ready, measure them in turns, print the table and the profiles."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("presets", nargs="*", default=PRESETS, metavar="PRESET")
    parser.add_argument("--compile", nargs="+", default=["off", "default", "graphs"])
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--limit", type=int, default=0, help="images; 0: eight batches")
    parser.add_argument("--rows", type=int, default=12, help="operators in a profile; 0: none")
    args = parser.parse_args()
    changes = dict(map(parse_assignment, args.set))
    ways = [make(p, how, changes, args.limit) for p in args.presets for how in args.compile]
    for repeat in range(args.repeats + 1):
        for way in ways:
            found = rate(way, args.steps)
            way.rates += [found] if repeat else []  # the first is the warm-up
    compute = ways[0].trainer.compute
    print(f"{compute.name}, {compute.precision}, {args.steps} steps, medians of {args.repeats}\n")
    print("| preset | batch | compile asked | used | images/s | lowest | highest | ready after |")
    print("| --- | ---: | --- | --- | ---: | ---: | ---: | ---: |")
    for way in ways:
        size, used = way.trainer.batches.batch_size, way.trainer.compiled
        speed = (
            f"{statistics.median(way.rates):,.0f} | {min(way.rates):,.0f} | {max(way.rates):,.0f}"
        )
        print(f"| {way.preset} | {size} | {way.asked} | {used} | {speed} | {way.ready:.1f} s |")
    for notice in sorted({way.notice for way in ways if way.notice}):
        print(f"\n{notice}")
    for way in ways if args.rows else []:
        show_step(way, args.rows)


if __name__ == "__main__":
    main()
