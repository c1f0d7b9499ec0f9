"""Collects the losses of every step and writes them in batches, without a sync at each step."""

import math
import time
from typing import Any

import torch

from workbench.runs.store.events import EventWriter
from workbench.tasks import Losses
from workbench.training.distributed.world import ALONE, World

Values = dict[str, list[float]]  # by name, one for each part of the batch


class StepLog:
    """Keeps losses on their device and reads those of many steps at once."""

    def __init__(self, writer: EventWriter, world: World = ALONE) -> None:
        self.writer, self.world = writer, world
        self._steps: list[tuple[dict[str, Any], Losses]] = []

    def add(self, step: int, epoch: int, lr: float, losses: Losses) -> None:
        """Keep a step's losses (detached, on any device): scalars, or a value a part."""
        event = {"event": "step", "time": time.time(), "step": step, "epoch": epoch, "lr": lr}
        self._steps.append((event, losses))

    def report(self) -> int | None:
        """Write the collected steps; returns the first step whose loss is not finite, else None.

        Of several processes all call it after the same step; the first one writes.
        """
        if not self._steps:
            return None
        everybody = self.world.gather(self._read())
        bad: int | None = self.world.tell(lambda: self._write(everybody))
        self._steps.clear()
        return bad

    def _read(self) -> list[Values]:
        """The values of each step."""
        # Synchronises: the one read of all the steps since the last report.
        flat = torch.cat([v.reshape(-1) for _, losses in self._steps for v in losses.values()])
        numbers = iter(flat.tolist())
        return [
            {name: [next(numbers) for _ in range(v.numel())] for name, v in losses.items()}
            for _, losses in self._steps
        ]

    def _write(self, everybody: list[list[Values]]) -> int | None:
        """Write the mean of each step's values over all parts, whatever their order."""
        bad = None
        for (event, _), *parts in zip(self._steps, *everybody, strict=True):
            names = parts[0]
            values = {name: _mean([x for part in parts for x in part[name]]) for name in names}
            if bad is None and not math.isfinite(values["loss"]):
                bad = event["step"]
            self.writer.add(event | values | {"time": round(event["time"], 3)})
        return bad


def _mean(values: list[float]) -> float:
    if len(values) == 1:
        return values[0]
    finite = all(map(math.isfinite, values))
    return math.fsum(values) / len(values) if finite else math.nan
