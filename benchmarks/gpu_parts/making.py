"""Trainers of presets on random data, and how long their steps take."""

import time
from collections.abc import Callable
from typing import Any

import torch
from torch.autograd import DeviceType
from torch.profiler import ProfilerActivity, profile

from benchmarks.closures import Closures
from benchmarks.gpu_parts.sheet import Options
from benchmarks.random_data import random_data
from benchmarks.soundness import Unwatched
from workbench.config import RunConfig
from workbench.config.presets import list_presets, load_preset
from workbench.tasks import build_task
from workbench.training.compiled import capture
from workbench.training.loop.assembly import assemble, fresh_model, prepare
from workbench.training.loop.devices import choose
from workbench.training.loop.trainer import Setup, Trainer

QUICK_PRESETS = ("quick/digits", "detection/rpn-digits")
QUICK = {"train.batch_size": 8, "train.threads": 1}
BATCHES = 4  # of random images
Step = Callable[[], Any]


def presets(options: Options) -> list[str]:
    """Every installed preset; two small ones for a smoke test."""
    if options.quick:
        return list(QUICK_PRESETS)
    return [preset.name for preset in list_presets() if not preset.own]


def configuration(name: str, options: Options, **changes: Any) -> RunConfig:
    """A preset on the device, with dotted changes (``train__seed=…``)."""
    dotted = {key.replace("__", "."): value for key, value in changes.items()}
    small = QUICK if options.quick else {}
    return load_preset(name, {"train.device": options.device} | small | dotted)


def trainer(name: str, options: Options, **changes: Any) -> Trainer:
    """A trainer that stands before its first step, at the preset's own batch."""
    config = configuration(name, options, **changes)
    compute = choose(config.train)
    data = random_data(config, BATCHES * config.train.batch_size)
    setup = Setup(
        config, fresh_model(config, compute), build_task(config, data, compute.device), compute
    )
    made = assemble(setup, data, Unwatched())  # type: ignore[arg-type]
    prepare(made)
    made.model.train()
    return made


def captures(options: Options) -> None:
    """Where there is no GPU, have closures stand for graphs: it tries the script, no more."""
    if not options.on_gpu:
        capture.CudaRecorder = Closures  # type: ignore[assignment, misc]
        capture.has_graphs = lambda _: True  # type: ignore[assignment]


def milliseconds(made: Trainer, step: Step, budget: float = 1.0) -> float:
    """A step's time by the wall, over as many as a second or so takes. Synchronises."""
    for _ in range(3):
        _again(made, step)
    wait(made)
    began, count = time.perf_counter(), 0
    while time.perf_counter() - began < budget:
        for _ in range(10):
            _again(made, step)
        wait(made)
        count += 10
    return 1e3 * (time.perf_counter() - began) / count


def kernels(made: Trainer, step: Step, steps: int = 5) -> float:
    """Milliseconds of a step's kernels, copies and fills, by torch's profiler; 0 on a CPU."""
    if made.compute.device.type != "cuda":
        return 0.0
    with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA], acc_events=True) as p:
        for _ in range(steps):
            _again(made, step)
        wait(made)
    spent = sum(
        event.self_device_time_total
        for event in p.key_averages()
        if event.device_type == DeviceType.CUDA and not event.is_user_annotation
    )
    return float(spent) / 1e3 / steps


def _again(made: Trainer, step: Step) -> None:
    made.step %= made.steps  # the schedule's end is no end here
    step()


def wait(made: Trainer) -> None:
    """Until the device has done what was asked of it."""
    if made.compute.device.type == "cuda":
        torch.cuda.synchronize(made.compute.device)
