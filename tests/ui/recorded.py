"""Recorded runs for the screens: written like a worker writes them, the same at every call."""

import json
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.config import to_toml
from workbench.config.presets import load_preset
from workbench.runs.live.process import own_identity
from workbench.runs.store.events import Event, EventWriter
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.record import write_record

BEGIN = 1_760_000_000.0
CIFAR = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]


@dataclass(frozen=True)
class Recording:
    """What a recorded run looks like; every number follows from these."""

    name: str = "resnet-5m-cifar10-a1b2"
    preset: str = "resnet/resnet-5m-cifar10"
    changes: tuple[tuple[str, Any], ...] = (("optimizer.lr", 0.1),)
    classes: tuple[str, ...] = tuple(CIFAR)
    epochs: int = 150
    steps_per_epoch: int = 390
    done: float = 37.4  # epochs
    status: str = "running"
    error: str = ""
    seed: int = 0
    peak: float = 0.93
    empty_class: str = ""  # one that the network never finds

    @property
    def steps(self) -> int:
        """Steps in the whole training."""
        return self.epochs * self.steps_per_epoch

    @property
    def last_step(self) -> int:
        """The step at which the recording ends."""
        return min(self.steps, int(self.done * self.steps_per_epoch))


def record_run(root: Path, recording: Recording | None = None) -> RunFolder:
    """Write the folder of a recorded run below ``root``."""
    recording = recording or Recording()
    folder = RunFolder(root / recording.name)
    folder.path.mkdir(parents=True)
    config = load_preset(recording.preset, dict(recording.changes))
    folder.config.write_text(to_toml(config), encoding="utf-8")
    writer = EventWriter(folder.metrics)
    best = 0.0
    for n, event in enumerate(events(recording)):
        best = max(best, event.get("val_accuracy", 0.0))
        writer.add(event)
        if n % 10_000 == 0:
            writer.flush()
    writer.close()
    write_record(folder.record, _record(recording, best))
    folder.log.write_text(
        "\x1b[1mworkbench worker\x1b[0m on cpu, bfloat16\n[bold]not markup[/bold]: kept as it is\n",
        encoding="utf-8",
    )
    return folder


def events(recording: Recording) -> Iterator[Event]:
    """Every event of the recording, in order."""
    chance = random.Random(recording.seed)
    yield _start(recording)
    for step in range(1, recording.last_step + 1):
        epoch = (step - 1) // recording.steps_per_epoch + 1
        yield _step(recording, step, epoch, chance)
        if step % max(1, recording.steps_per_epoch // 3) == 0:
            yield _pace(step)
        if step % recording.steps_per_epoch == 0:
            yield _epoch(recording, epoch, step, chance)
    if recording.status == "finished":
        yield _test(recording, chance)
    if recording.status != "running":
        yield {
            "event": "status",
            "time": _time(recording.last_step),
            "status": recording.status,
            "error": recording.error,
        }


def _time(step: int) -> float:
    return round(BEGIN + 0.115 * step, 3)


def _start(recording: Recording) -> Event:
    return {
        "event": "start",
        "time": BEGIN,
        "classes": list(recording.classes),
        "epochs": recording.epochs,
        "steps": recording.steps,
        "steps_per_epoch": recording.steps_per_epoch,
        "batch_size": 128,
        "device": "cuda:0 NVIDIA H100",
        "precision": "bfloat16",
        "params": 4_771_146,
        "macs": 874_187_264,
        "train_pictures": 45_000,
        "val_pictures": 5_000,
        "test_pictures": 10_000,
        "input": [3, 32, 32],
    }


def _progress(recording: Recording, step: int) -> float:
    return 1 - math.exp(-5 * step / recording.steps)


def _step(recording: Recording, step: int, epoch: int, chance: random.Random) -> Event:
    learned = _progress(recording, step)
    warm = math.exp(-step / (0.3 * recording.steps_per_epoch))
    loss = 0.9 * warm + 1.3 * (1 - learned) + 0.08 + chance.gauss(0, 0.06 + 0.05 * (1 - learned))
    lr = 0.05 * (1 + math.cos(math.pi * step / recording.steps))
    return {
        "event": "step",
        "time": _time(step),
        "step": step,
        "epoch": epoch,
        "lr": lr,
        "loss": round(abs(loss), 6),
        "grad_norm": round(1.3 + 0.2 * chance.random(), 4),
    }


def _pace(step: int) -> Event:
    return {
        "event": "pace",
        "time": _time(step),
        "images_per_second": 8_730.0 + step % 97,
        "seconds": round(0.115 * step, 3),
        "memory_bytes": 2_400_000_000,
        "memory_total": 128_000_000_000,
        "gpu_memory_bytes": 31_200_000_000,
        "gpu_memory_total": 80_000_000_000,
        "gpu_load": 0.97,
        "temperature": 71,
    }


def _epoch(recording: Recording, epoch: int, step: int, chance: random.Random) -> Event:
    learned = _progress(recording, step)
    accuracy = recording.peak * (0.45 + 0.55 * learned) + chance.gauss(0, 0.006)
    matrix = _confusion(recording, accuracy, chance)
    correct = sum(matrix[i][i] for i in range(len(matrix)))
    total = sum(map(sum, matrix))
    return {
        "event": "epoch",
        "time": _time(step),
        "epoch": epoch,
        "step": step,
        "train_loss": round(1.3 * (1 - learned) + 0.08, 6),
        "train_accuracy": round(min(0.999, accuracy + 0.05 * learned), 6),
        "val_loss": round(1.2 * (1 - learned) + 0.25 + chance.gauss(0, 0.015), 6),
        "val_accuracy": correct / total,
        "val_top3_accuracy": round(min(1.0, accuracy + 0.06), 6),
        **_tables(recording, matrix),
        "seconds": 44.9,
        "images_per_second": 8_730.0,
        "lr": 0.05,
    }


def _confusion(recording: Recording, accuracy: float, chance: random.Random) -> list[list[int]]:
    """Images by true and predicted class; neighbours are predicted as each other most."""
    size, each = len(recording.classes), 5000 // len(recording.classes)
    matrix = [[0] * size for _ in range(size)]
    for true in range(size):
        skill = accuracy + 0.08 * math.sin(1.7 * true) * (1 - accuracy) * 4
        right = round(each * max(0.0, min(1.0, skill)))
        if recording.classes[true] == recording.empty_class:
            right = 0
        matrix[true][true] = right
        left = each - right
        while left > 0:
            other = (true + chance.choice((1, 1, 1, 2, 3, 5))) % size
            if other == true:
                other = (true + 1) % size
            taken = min(left, chance.randint(1, max(1, left // 2)))
            matrix[true][other] += taken
            left -= taken
    return matrix


def _tables(recording: Recording, matrix: list[list[int]]) -> dict[str, Any]:
    return {
        "per_class": {
            name: {"correct": matrix[i][i], "total": sum(matrix[i])}
            for i, name in enumerate(recording.classes)
        },
        "confusion": matrix,
    }


def _test(recording: Recording, chance: random.Random) -> Event:
    matrix = _confusion(recording, recording.peak - 0.004, chance)
    correct = sum(matrix[i][i] for i in range(len(matrix)))
    total = sum(map(sum, matrix))
    return {
        "event": "test",
        "time": _time(recording.last_step),
        "test_loss": 0.2911,
        "test_accuracy": correct / total,
        "test_top3_accuracy": 0.991,
        "correct": correct,
        "total": total,
        "weights": "best",
        **_tables(recording, matrix),
    }


def _record(recording: Recording, best: float) -> dict[str, dict[str, Any]]:
    me = own_identity()  # while the recording is "running", the process that made it is its worker
    finished = recording.status == "finished"
    return {
        "run": {
            "id": recording.name,
            "preset": recording.preset,
            "status": recording.status,
            "started": "2025-10-09T08:53:20+00:00",
            "ended": "2025-10-09T10:45:37+00:00" if finished else None,
            "seconds": round(0.115 * recording.last_step, 3),
            "pid": me.pid,
            "pid_started": me.started,
            "boot": me.boot,
            "host": me.host,
        },
        "result": {
            "best_val_accuracy": best or None,
            "test_accuracy": recording.peak - 0.004 if finished else None,
            "params": 4_771_146,
            "macs": 874_187_264,
        },
        "environment": {"device": "cuda:0 NVIDIA H100", "precision": "bfloat16"},
        "error": {"message": recording.error} if recording.error else {},
    }


def write_layers(folder: RunFolder) -> None:
    """A small ``layers.json``, as ``summary --json`` has it."""
    layers = [
        _layer("stem.conv", "Conv2d", [64, 32, 32], 1_728, 1_769_472),
        _layer("stem.norm", "BatchNorm2d", [64, 32, 32], 128, 0),
        _layer("layer1.block1.conv1", "Conv2d", [64, 32, 32], 36_864, 37_748_736),
        _layer("layer1.block1.norm1", "BatchNorm2d", [64, 32, 32], 128, 0),
        _layer("head.linear", "Linear", [10], 2_570, 2_560),
    ]
    document = {
        "preset": "resnet/resnet-5m-cifar10",
        "input": [3, 32, 32],
        "params": sum(row["params"] for row in layers),
        "macs": sum(row["macs"] for row in layers),
        "macs_by_type": {"conv": 39_518_208, "linear": 2_560},
        "layers": layers,
        "ptflops": {"params": 41_418, "macs": 39_700_000, "convention": "counts norms", "note": ""},
    }
    (folder.path / "layers.json").write_text(json.dumps(document), encoding="utf-8")


def _layer(name: str, kind: str, shape: list[int], params: int, macs: int) -> dict[str, Any]:
    is_conv = kind == "Conv2d"
    return {
        "name": name,
        "type": kind,
        "kind": {"Conv2d": "conv", "Linear": "linear"}.get(kind, "norm"),
        "output_shape": shape,
        "params": params,
        "macs": macs,
        "other_ops": 0 if macs else 131_072,
        "kernel": [3, 3] if is_conv else [],
        "stride": [1, 1] if is_conv else [],
        "groups": 1 if is_conv else 0,
        "note": "",
        "share": macs / 39_520_768,
    }
