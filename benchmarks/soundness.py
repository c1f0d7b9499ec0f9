"""What every benchmark asks of a training before it reports a figure of it: that it trained.

A loss that is not finite, or an accuracy that guessing has too, is no result: the script ends
with status 1 and one line.
"""

import math
from typing import Any

from torch import Tensor

from workbench.tasks import Losses
from workbench.training.loop.trainer import Trainer

SURE = 3.0  # standard deviations above guessing from which an accuracy is not chance


class Unwatched:
    """Callbacks that write nothing and keeps the loss of the newest step."""

    loss: Tensor | None = None

    def step_done(self, trainer: Trainer, losses: Losses, lr: float) -> None:
        self.loss = losses["loss"]

    def epoch_done(self, trainer: Trainer, row: dict[str, Any], best: bool) -> None: ...

    def between(self) -> None: ...


def require_finite(loss: Tensor | float | None, what: str) -> None:
    """End the script where the loss of ``what`` is not finite. Synchronises."""
    if loss is None or not math.isfinite(float(loss)):
        raise SystemExit(f"{what}: no figure, the loss is not finite ({loss})")


def require_learnt(accuracy: float, classes: int, images: int, what: str) -> None:
    """End the script where an accuracy (0 to 1, of ``images``) is what guessing reaches."""
    chance = 1 / classes
    spread = math.sqrt(chance * (1 - chance) / max(1, images))
    if not accuracy > chance + SURE * spread:
        raise SystemExit(f"{what}: no figure, {accuracy:.2%} is what guessing reaches")
