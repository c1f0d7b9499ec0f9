"""``--part race``: seconds to 94 and 96 % on CIFAR-10, beside public scripts on the same card."""

import statistics
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from benchmarks.gpu_parts.making import captures
from benchmarks.gpu_parts.sheet import Options, Sheet
from benchmarks.screen import Watched
from benchmarks.soundness import require_learnt
from benchmarks.speedrun import Timed, bare, watched
from workbench.config import RunConfig, change_config
from workbench.config.fitting import resolve
from workbench.config.presets import load_preset
from workbench.runs.store.folder import RunFolder

RECIPES = ("speed/cifar10-94", "speed/cifar10-96")
QUICK = {"train.epochs": 1, "train.batch_size": 64, "train.threads": 1, "model.width": 8}
WARM_UP = "warm-up"
SAID = 4  # last lines of a public script


def race(options: Options) -> Sheet:
    """Seeds in turns: bare, watched; then the scripts, each in a process of its own."""
    sheet = Sheet("race", ("what", "seconds", "accuracy", "compile"), options)
    captures(options)
    for recipe in ("quick/digits",) if options.quick else RECIPES:
        config = _config(recipe, options)
        seeds = 1 if options.quick else options.seeds
        for seed in range(-1, seeds):
            label = f"seed {seed}" if seed >= 0 else WARM_UP
            seeded = change_config(config, {"train.seed": max(seed, 0)})
            sheet.measure(f"{recipe}, bare, {label}", partial(_bare, seeded))
            sheet.measure(f"{recipe}, watched, {label}", partial(_watched, seeded, options))
    for script in options.scripts:
        sheet.measure(script.name, partial(_public, script, sheet), 30)
    for recipe in ("quick/digits",) if options.quick else RECIPES:
        for how in ("bare", "watched"):
            _mean(sheet, f"{recipe}, {how}")
    return sheet


def _config(recipe: str, options: Options) -> RunConfig:
    changes = {"train.device": options.device} | (QUICK if options.quick else {})
    if options.data and not options.quick:
        changes["data.name"] = "imagefolder"
    return resolve(load_preset(recipe, changes), None if options.quick else options.data)


def _cells(config: RunConfig, timed: Timed) -> list[str]:
    require_learnt(timed.accuracy, config.data.classes, timed.images, config.about.preset)
    return [f"{timed.seconds:.3f}", f"{timed.accuracy:.4f}", timed.compiled]


def _bare(config: RunConfig) -> list[str]:
    """The loop alone, counted as the public speed runs count."""
    return _cells(config, bare(config))


def _watched(config: RunConfig, options: Options) -> list[str]:
    """The worker with events, images and checkpoints, a screen open on its run."""
    runs = options.out / "runs" / f"race-{time.time_ns()}"
    screen = Watched(RunFolder(runs / f"seed-{config.train.seed}"), 80, 24, "run")
    try:
        return _cells(config, watched(config, runs))
    finally:
        screen.close()


def _public(script: Path, sheet: Sheet) -> list[str]:
    """A script as it is, in its own folder; what it said last, and its seconds in all.

    What compiles with max-autotune for minutes needs a call of its own (``--only``), or a copy
    that is set to ``default``.
    """
    began = time.perf_counter()
    try:
        done = subprocess.run(
            [sys.executable, script.name],
            cwd=script.parent,
            capture_output=True,
            text=True,
            timeout=sheet.left,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return ["not done in time"]
    said = (done.stdout or done.stderr).strip().splitlines()[-SAID:]
    quoted = " / ".join(line.replace("|", " ").strip() for line in said)
    return [f"{time.perf_counter() - began:.1f} in all", quoted, f"status {done.returncode}"]


def _mean(sheet: Sheet, start: str) -> None:
    """A row over the seeds that there are."""
    rows = [
        cells
        for name, cells in sheet.rows.items()
        if name.startswith(f"{start}, seed") and len(cells) == 3
    ]
    if rows:
        seconds, accuracies = ([float(row[i]) for row in rows] for i in (0, 1))
        sheet.rows[f"{start}, mean of {len(rows)}"] = [
            f"{statistics.fmean(seconds):.3f} ± {_std(seconds):.3f}",
            f"{statistics.fmean(accuracies):.4f} ± {_std(accuracies):.4f}",
            rows[0][2],
        ]


def _std(values: list[float]) -> float:
    return statistics.stdev(values) if len(values) > 1 else 0.0
