"""The losses of every step, written without stopping at any."""

import math
import time
from dataclasses import dataclass

import torch
from torch import Tensor

from workbench.runs.events import EventWriter
from workbench.tasks import Losses


@dataclass
class _Step:
    step: int
    epoch: int
    lr: float
    values: list[Tensor]
    names: list[str]
    time: float


class StepLog:
    """Keeps what a step computed where it was computed; reads many steps at once."""

    def __init__(self, writer: EventWriter) -> None:
        self.writer = writer
        self.last_loss = math.nan
        self._steps: list[_Step] = []

    def add(self, step: int, epoch: int, lr: float, losses: Losses) -> None:
        """Keep a step's losses (scalars on any device)."""
        values = [value.detach() for value in losses.values()]
        self._steps.append(_Step(step, epoch, lr, values, list(losses), time.time()))

    def report(self) -> int | None:
        """Write the steps kept; gives the first whose loss is not finite, if any."""
        if not self._steps:
            return None
        # Synchronises: the one read of all the steps since the last report.
        flat = torch.stack([value for step in self._steps for value in step.values]).tolist()
        bad, at = None, 0
        for step in self._steps:
            values = dict(zip(step.names, flat[at : at + len(step.names)], strict=True))
            at += len(step.names)
            if bad is None and not math.isfinite(values["loss"]):
                bad = step.step
            self.last_loss = values["loss"]
            self.writer.add(
                {
                    "event": "step",
                    "time": round(step.time, 3),
                    "step": step.step,
                    "epoch": step.epoch,
                    "lr": step.lr,
                    **values,
                }
            )
        self._steps.clear()
        return bad
