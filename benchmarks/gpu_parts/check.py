"""``--part check``: is it right? Every preset captured, killed, replayed, without memory."""

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import torch

from benchmarks.gpu_parts.making import captures, presets, trainer
from benchmarks.gpu_parts.sheet import Options, OutOfTime, Sheet
from workbench.config.fitting import resolve
from workbench.config.presets import load_preset
from workbench.runs.history.verify import verify
from workbench.runs.live.control import write_request
from workbench.runs.live.launch import prepare, start_worker
from workbench.runs.live.lineage import make_replay
from workbench.runs.live.status import read_status
from workbench.runs.store.events import read_events
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.record import read_record
from workbench.training.compiled import capture
from workbench.training.loop import memory

ROOT = Path(__file__).parents[2]
DIGITS = {"train.epochs": 40, "train.batch_size": 32, "train.checkpoint_minutes": 0.005}
QUICK = {"train.epochs": 8, "train.threads": 1}
ROOM = 2 << 30  # bytes that are left to a batch that will not fit


def check(options: Options) -> Sheet:
    """All rows."""
    sheet = Sheet("check", ("what", "result", "seconds"), options)
    captures(options)
    for name in presets(options):
        sheet.measure(f"captured: {name}", partial(timed, captured_is_uncaptured, name, options))
    sheet.measure("killed and resumed", partial(timed, killed_and_resumed, options), 30)
    sheet.measure("replay", partial(timed, replayed, options), 20)
    if options.on_gpu:
        sheet.measure("memory that runs out", partial(timed, out_of_memory, options))
        sheet.measure("pytest -m gpu", partial(timed, tests, sheet), 30)
    return sheet


def timed(row: Any, *arguments: Any) -> tuple[str, str]:
    """What a row gives, and the seconds that it took."""
    began = time.perf_counter()
    found = row(*arguments)
    return found, f"{time.perf_counter() - began:.1f}"


def captured_is_uncaptured(name: str, options: Options) -> str:
    """Two steps both ways at the preset's own batch, as each run checks before it starts."""
    made = trainer(name, options)
    if wrong := capture.capture(made):
        return f"not captured: {wrong}"
    exact = made.config.train.deterministic
    return "equal to the bit" if exact else "equal within rounding (not deterministic)"


def _digits(options: Options, name: str) -> RunFolder:
    changes = DIGITS | {"train.device": options.device} | (QUICK if options.quick else {})
    config = load_preset("quick/digits", changes)
    runs = options.out / "runs"
    number = sum(1 for _ in runs.glob(f"{name}-*")) if runs.exists() else 0
    return prepare(resolve(config, None), runs, f"{name}-{number}")


def _finish(folder: RunFolder) -> dict[str, Any]:
    try:
        while read_status(folder).is_live:
            time.sleep(0.1)
    except OutOfTime:
        write_request(folder, "stop")
        raise
    record = read_record(folder.record)
    if record.get("run", {}).get("status") != "finished":
        raise RuntimeError(f"{folder.id} {record.get('run', {}).get('status')}: {record}")
    return record


def killed_and_resumed(options: Options) -> str:
    """The worker is killed once it has a checkpoint; the run goes on and ends as if not."""
    whole, broken = _digits(options, "whole"), _digits(options, "killed")
    start_worker(whole)
    expected = _finish(whole)
    start_worker(broken)
    while not any(event["event"] == "checkpoint" for event in read_events(broken.metrics)):
        time.sleep(0.02)
    os.kill(int(read_record(broken.record)["run"]["pid"]), signal.SIGKILL)
    while read_status(broken).is_live:
        time.sleep(0.1)
    start_worker(broken)
    record = _finish(broken)
    used = {r["environment"]["compile"] for r in (expected, record)}
    same = record["result"]["weights_sha256"] == expected["result"]["weights_sha256"]
    return f"{'the same weights' if same else 'OTHER WEIGHTS'}, compile {'/'.join(sorted(used))}"


def replayed(options: Options) -> str:
    """A run and its replay, compared event by event."""
    original = _digits(options, "original")
    start_worker(original)
    _finish(original)
    replay = make_replay(original, original.path.parent, name=f"{original.id}-again")
    start_worker(replay)
    record = _finish(replay)
    verdict = verify(original, replay)
    found = "equal to the bit" if verdict.same and verdict.exact else verdict.difference
    return f"{found or verdict.why_not_exact}, compile {record['environment']['compile']}"


def out_of_memory(options: Options) -> str:
    """A batch of ResNet-18 that cannot fit, and what is said of it."""
    made = trainer("resnet/resnet18-cifar10", options, train__batch_size=4096)
    total = torch.cuda.get_device_properties(made.compute.device).total_memory
    torch.cuda.set_per_process_memory_fraction((torch.cuda.memory_reserved() + ROOM) / total)
    try:
        made.train_step()
    except torch.OutOfMemoryError:
        pass
    else:
        return "4,096 images fitted into 2 GB"
    finally:
        made.optimizer.zero_grad(set_to_none=True)
    told = str(memory.explain(made))
    torch.cuda.set_per_process_memory_fraction(1.0)
    return told


def tests(sheet: Sheet) -> str:
    """The project's tests that need a GPU."""
    if not (ROOT / "tests").is_dir():
        return "the tests are not here"
    command = [sys.executable, "-m", "pytest", "-m", "gpu", "-q", "tests/training/test_on_gpu.py"]
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=sheet.left, check=False
        )
    except subprocess.TimeoutExpired as error:
        return f"not done in time: {str(error.stdout)[-200:]!r}"
    return done.stdout.strip().splitlines()[-1]
