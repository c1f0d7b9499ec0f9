"""Collects the losses of every step and writes them in batches, without a sync at each step."""

import math
import time
from typing import Any

import torch

from workbench.runs.store.events import EventWriter
from workbench.tasks import Losses


class StepLog:
    """Keeps losses on their device and reads those of many steps at once."""

    def __init__(self, writer: EventWriter) -> None:
        self.writer = writer
        self._steps: list[tuple[dict[str, Any], Losses]] = []

    def add(self, step: int, epoch: int, lr: float, losses: Losses) -> None:
        """Keep a step's losses (detached scalars on any device)."""
        event = {"event": "step", "time": time.time(), "step": step, "epoch": epoch, "lr": lr}
        self._steps.append((event, losses))

    def report(self) -> int | None:
        """Write the collected steps; returns the first step whose loss is not finite, else None."""
        if not self._steps:
            return None
        # Synchronises: the one read of all the steps since the last report.
        flat = torch.stack([v for _, losses in self._steps for v in losses.values()]).tolist()
        bad, at = None, 0
        for event, losses in self._steps:
            values = dict(zip(losses, flat[at : at + len(losses)], strict=True))
            at += len(losses)
            if bad is None and not math.isfinite(values["loss"]):
                bad = event["step"]
            self.writer.add(event | values | {"time": round(event["time"], 3)})
        self._steps.clear()
        return bad
