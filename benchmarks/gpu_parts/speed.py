"""``--part speed``: the table of goals. Steps of every preset, and what stands beside them."""

import asyncio
import importlib
import statistics
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import torch

from benchmarks.gpu_parts.making import captures, kernels, milliseconds, presets, trainer
from benchmarks.gpu_parts.sheet import Options, Sheet
from workbench.config.presets import load_preset
from workbench.data.dataset import ImageRows
from workbench.runs.live.preloaded import PreloadedWorker
from workbench.training.compiled import compile as compiling
from workbench.training.loop.trainer import Trainer

ROOT = Path(__file__).parents[2]
COMPILED = ("resnet/resnet18-cifar10", "resnet/resnet20-cifar10")  # by ``default`` too: 18 s each
BEFORE = {  # images/s: what there was before steps were captured, and the goal
    "resnet/resnet18-cifar10": (7_195, 27_000),
    "resnet/resnet20-cifar10": (15_785, 52_000),
    "simplenn/simplenn-cifar10": (47_915, 5 * 47_915),
}
PEER = "resnet/resnet18-cifar10"
ELSEWHERE = "scalable/resnet18-food11"  # 224×224
FILE_IMAGES = 128_000  # not resident: 128,000 images of 224×224 are 19 GB


def speed(options: Options) -> Sheet:
    """All rows."""
    columns = ("what", "batch", "off", "captured", "÷ off", "kernels", "wall ÷ kernels", "goal")
    sheet = Sheet("speed", columns, options)
    captures(options)
    for name in presets(options):
        sheet.measure(f"step of {name}", partial(step, name, options))
    for name in [] if options.quick else COMPILED:
        sheet.measure(f"compile default, {name}", partial(default, name, options), 40)
    sheet.measure("start to first step, warm", partial(first_step, options), 10)
    sheet.measure("images not resident ÷ resident", partial(elsewhere, options), 20)
    if options.on_gpu:
        sheet.measure("ResNet-18 at batch 512 ÷ compiled by hand", partial(by_hand, sheet), 120)
    return sheet


def step(name: str, options: Options) -> list[str]:
    """A preset's step as it is and captured, and the time of its kernels."""
    made = trainer(name, options)
    batch = made.batches.batch_size
    budget = 0.1 if options.quick else 1.0
    off = milliseconds(made, made.train_step, budget)
    notice = compiling.compile_training(made, "graphs")
    if made.captured is None:
        return [str(batch), _rate(batch, off), notice]
    captured = milliseconds(made, made.captured, budget)
    inside = kernels(made, made.captured)
    before, goal = BEFORE.get(name, (0, 0))
    wanted = f"≥ {goal:,} images/s (was {before:,})" if goal else "wall ÷ kernels ≤ 1.1"
    over = f"{captured / inside:.2f}" if inside else "–"
    return [
        *(str(batch), _rate(batch, off), _rate(batch, captured), f"{off / captured:.2f}"),
        *(f"{inside:.2f} ms", over, wanted),
    ]


def _rate(batch: int, ms: float) -> str:
    return f"{1e3 * batch / ms:,.0f} images/s, {ms:.2f} ms"


def default(name: str, options: Options) -> list[str]:
    """The same step, its network compiled by torch."""
    made = trainer(name, options)
    notice = compiling.compile_training(made, "default")
    if notice:
        return [str(made.batches.batch_size), notice]
    batch = made.batches.batch_size
    return [str(batch), "", f"{_rate(batch, milliseconds(made, made.train_step))} (compiled)"]


def first_step(options: Options) -> list[str]:
    """From the start key to the first step's event, by a warm worker; median of three."""
    start = importlib.import_module("benchmarks.start")
    start.CHANGES = {"train.device": options.device, "train.epochs": 200}
    start.CHANGES |= {"train.threads": 1} if options.quick else {}

    async def measure(folder: Path) -> list[float]:
        preloaded = PreloadedWorker(folder / "preloaded.log")
        try:
            await preloaded.summarize(load_preset("quick/digits"))
            times = 1 if options.quick else 3
            return [await start.first_step(folder, preloaded) for _ in range(times)]
        finally:
            await preloaded.close()

    with tempfile.TemporaryDirectory() as folder:
        seconds = statistics.median(asyncio.run(measure(Path(folder))))
    return ["", "", f"{seconds:.2f} s", "", "", "", "≤ 1.5 s"]


def elsewhere(options: Options) -> list[str]:
    """Steps on images that lie in a file, against the same step on resident ones."""
    name = "quick/digits" if options.quick else ELSEWHERE
    resident = trainer(name, options)
    budget = 0.1 if options.quick else 5.0
    best = milliseconds(resident, resident.train_step, budget)
    size = resident.config.data.size
    batch = resident.batches.batch_size
    count = 2 * batch if options.quick else FILE_IMAGES
    del resident
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=options.out) as file:
        file.truncate(count * 3 * size * size)
        mapped = np.memmap(file.name, np.uint8, "r+", shape=(count, size, size, 3))
        made = _elsewhere(name, options, torch.from_numpy(mapped))
        found = milliseconds(made, made.train_step, budget)
        del made, mapped
    cells = [_rate(batch, best), _rate(batch, found), f"{best / found:.3f}"]
    return [str(batch), *cells, "", "", "≥ 0.95"]


def _elsewhere(name: str, options: Options, pixels: torch.Tensor) -> Trainer:
    made = trainer(name, options)
    images = pixels.permute(0, 3, 1, 2)[:, : made.config.data.channels]
    rows = torch.arange(len(images))
    labels = (rows % made.config.data.classes).to(made.compute.device)
    split = type(made.batches.split)(
        ImageRows(images, rows), {"label": labels}, made.compute.device
    )
    made.batches = type(made.batches)(
        split, made.batches.augment, made.batches.batch_size, 0, made.compute.device
    )
    return made


def by_hand(sheet: Sheet) -> list[str]:
    """The workbench's step against a loop by hand, compiled with max-autotune, in a process."""
    made = trainer(PEER, sheet.options, train__batch_size=512)
    notice = compiling.compile_training(made, "graphs")
    ours = milliseconds(made, made.captured or made.train_step, 3.0)
    del made
    torch.cuda.empty_cache()
    command = [sys.executable, "-m", "benchmarks.gpu_parts.by_hand", sheet.options.device]
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=sheet.left, check=True
        )
    except subprocess.TimeoutExpired:
        return ["512", notice, _rate(512, ours), "by hand: not compiled in time"]
    theirs = float(done.stdout.split()[-1])
    cells = [f"{_rate(512, theirs)} (by hand)", _rate(512, ours), f"{theirs / ours:.3f}"]
    return ["512", *cells, "", "", "≥ 1.0"]
