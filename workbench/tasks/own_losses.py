"""Networks that compute their own losses: called with images and targets, they give a dict."""

from typing import Any

from torch import Tensor, nn

from workbench.tasks import Losses, SplitMeter, Targets, Task, TrainMeter
from workbench.tasks.meters import MeanMeter


class OwnLosses:
    """A task whose training losses are the network's; evaluated as the task does it.

    The network gives a dict of single numbers; what is optimised is ``loss``, else their sum.
    """

    def __init__(self, task: Task) -> None:
        self.task = task

    def train_step(self, model: nn.Module, images: Tensor, targets: Targets) -> tuple[Losses, Any]:
        """The network's own losses; no outputs, so that training has no accuracy."""
        given: dict[str, Tensor] = model(images, targets)
        parts = {name: value.float() for name, value in given.items() if value.ndim == 0}
        loss = parts.pop("loss", None)
        if loss is None:
            loss = sum(parts.values(), start=images.new_zeros(()).float())
        named = {f"loss_{name.removeprefix('loss_')}": value for name, value in parts.items()}
        return {"loss": loss, **named}, None

    def predict(self, model: nn.Module, images: Tensor, targets: Targets) -> tuple[Losses, Any]:
        """As of the task."""
        return self.task.predict(model, images, targets)

    def train_meter(self) -> TrainMeter:
        """The mean losses."""
        return MeanMeter()

    def test_meter(self) -> SplitMeter:
        """As of the task."""
        return self.task.test_meter()

    def images(self, model: nn.Module, images: Tensor, raw: Tensor, targets: Targets) -> Any:
        """As of the task."""
        return self.task.images(model, images, raw, targets)
