"""Tasks: the losses, metrics and sample images of a network.

The trainer knows no task by name. A new one is a file in this folder with a ``build(config, data,
device)`` that returns a :class:`Task`, and a section in ``workbench.config.sections.task``.
"""

import importlib
from typing import Any, Protocol, cast, runtime_checkable

from torch import Tensor, nn

from workbench.config import RunConfig
from workbench.runs.store.gallery import GalleryImage

Targets = dict[str, Tensor]
Losses = dict[str, Tensor]


class Meter(Protocol):
    """Metrics as sums over batches, kept on the device and read once."""

    def update(self, outputs: Any, targets: Targets, losses: Losses) -> None:
        """Add one batch; no host synchronisation."""

    def result(self) -> dict[str, Any]:
        """The metrics so far as plain numbers, ``loss`` and ``accuracy`` among them.

        What was not measured is None.
        """


class TrainMeter(Meter, Protocol):
    """A meter of training steps; a checkpoint keeps its sums."""

    def state(self) -> dict[str, Tensor]:
        """The sums, for a checkpoint."""

    def load(self, state: dict[str, Tensor]) -> None:
        """Go on from a checkpoint's sums."""


@runtime_checkable
class StaticMeter(TrainMeter, Protocol):
    """One whose update has a pure half: what a captured step computes, and replays.

    ``update(outputs, targets, losses)`` is ``take(measure(outputs, targets, losses), size)``.
    """

    def measure(self, outputs: Any, targets: Targets, losses: Losses) -> dict[str, Tensor]:
        """What is added of one batch: tensors of fixed sizes, a function of these arguments."""

    def take(self, measured: dict[str, Tensor], size: int) -> None:
        """Add what was measured of ``size`` images; keeps no tensor that it is given."""


class SplitMeter(Meter, Protocol):
    """A meter of a validation or test split; its ``accuracy`` is a number."""

    def worst(self) -> list[int]:
        """Rows of the worst of the wrong images; batches must come in order."""


class Task(Protocol):
    """How a network is trained and evaluated."""

    def train_step(self, model: nn.Module, images: Tensor, targets: Targets) -> tuple[Losses, Any]:
        """Forward in training: the losses, ``loss`` their weighted sum, and the outputs."""

    def predict(self, model: nn.Module, images: Tensor, targets: Targets) -> tuple[Losses, Any]:
        """Forward in evaluation: the losses against the targets, and the outputs."""

    def train_meter(self) -> TrainMeter:
        """A meter that is cheap enough for every step."""

    def test_meter(self) -> SplitMeter:
        """A meter of everything that is reported of a validation or test set."""

    def images(
        self, model: nn.Module, images: Tensor, raw: Tensor, targets: Targets
    ) -> list[GalleryImage]:
        """What to show of a few images: ``images`` as the network gets them, ``raw`` as a
        person does (uint8 [N, H, W, C]), answered by the model in evaluation mode."""


class TaskData(Protocol):
    """The facts of a data set that a task uses (:class:`workbench.data.DataSet` has them)."""

    @property
    def classes(self) -> tuple[str, ...]: ...

    def class_counts(self, split: str = "train") -> list[int]: ...

    def size(self, split: str = "train") -> int: ...


def build_task(config: RunConfig, data: TaskData, device: Any) -> Task:
    """The task of a configuration, its tensors on ``device``."""
    if build := getattr(config.task, "build", None):  # of a package's own section
        return cast(Task, build(config, data, device))
    module = importlib.import_module(f"{__name__}.{config.task.kind}")
    return cast(Task, module.build(config, data, device))
