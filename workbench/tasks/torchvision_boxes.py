"""Detection with torchvision's own detectors: their losses, the same metrics."""

from typing import Any

import torch
from torch import Tensor, nn

from workbench.models.torchvision_detector import FoundBoxes
from workbench.runs.gallery import Picture
from workbench.tasks import Losses, Meter, Targets
from workbench.tasks.found import Found, FoundMeter
from workbench.tasks.meters import Means
from workbench.tasks.showing import show_found

NAMES = {
    "loss_objectness": "loss_proposal",
    "loss_rpn_box_reg": "loss_proposal_box",
    "loss_box_reg": "loss_box",
    "loss_classifier": "loss_class",
}


class TorchvisionBoxes:
    """Trains and judges ``torchvision_detector`` on ``box`` [N, M, 3 or 4], ``label`` [N, M]."""

    def __init__(self, classes: tuple[str, ...]) -> None:
        self.classes = classes

    def train_step(self, model: nn.Module, images: Tensor, targets: Targets) -> tuple[Losses, Any]:
        """torchvision's four losses and ``loss``, their sum."""
        # torch.compile wraps ``forward`` only; the losses are a method of the network itself.
        own: dict[str, Tensor] = model.losses(images, targets["box"], targets["label"])  # type: ignore[operator]
        losses = {NAMES[name]: value for name, value in own.items()}
        return {"loss": torch.stack(list(losses.values())).sum(), **losses}, None

    def predict(self, model: nn.Module, images: Tensor, targets: Targets) -> tuple[Losses, Found]:
        """The losses, and the boxes found."""
        losses, _ = self.train_step(model, images, targets)
        return losses, _boxes_found(model(images))

    def train_meter(self) -> Meter:
        """Losses; torchvision's detectors do not say while training what they find."""
        return LossMeter()

    def test_meter(self) -> Meter:
        """Losses and everything that the boxes found are worth."""
        return BoxMeter(self.classes)

    def pictures(
        self, model: nn.Module, images: Tensor, raw: Tensor, targets: Targets
    ) -> list[Picture]:
        """The pictures with boxes and classes."""
        return show_found(raw, _boxes_found(model(images)), targets, self.classes)


class LossMeter:
    """Mean losses; ``accuracy`` is 0."""

    def __init__(self) -> None:
        self.means = Means()

    def update(self, outputs: Found | None, targets: Targets, losses: Losses) -> None:
        """Take in a batch."""
        self.means.add_losses(losses, len(targets["label"]))

    def result(self) -> dict[str, Any]:
        """The means by name."""
        return {"loss": 0.0, "accuracy": 0.0, **self.means.result()}

    def state(self) -> dict[str, Tensor]:
        """The sums so far."""
        return self.means.state()

    def load(self, state: dict[str, Tensor]) -> None:
        """Go on from a checkpoint's sums."""
        self.means.load(state)

    def worst(self) -> list[int]:
        """None are kept while training."""
        return []


class BoxMeter(LossMeter):
    """As above; ``accuracy`` is the share of objects with a box of their class on them."""

    def __init__(self, classes: tuple[str, ...]) -> None:
        super().__init__()
        self.found = FoundMeter(classes)

    def update(self, outputs: Found | None, targets: Targets, losses: Losses) -> None:
        """Take in a batch."""
        super().update(outputs, targets, losses)
        assert outputs is not None
        self.found.update(outputs, targets["box"], targets["label"])

    def result(self) -> dict[str, Any]:
        """Everything that is reported of a split."""
        numbers = {**super().result(), **self.found.result()}
        numbers["accuracy"] = numbers.get("correct", 0) / max(1, numbers.get("total", 0))
        return numbers

    def worst(self) -> list[int]:
        """The pictures with an object that was missed or named wrongly."""
        return self.found.worst.rows()


def _boxes_found(found: FoundBoxes) -> Found:
    return Found(found.boxes, found.sureness, found.labels[..., None])
