"""Detection with torchvision's own detectors: their losses, the same metrics."""

from typing import Any

import torch
from torch import Tensor, nn

from workbench.models.torchvision_detector import BoxPredictions
from workbench.runs.store.gallery import GalleryImage
from workbench.tasks import Losses, SplitMeter, Targets, TrainMeter
from workbench.tasks.matching import BoxMeter, RankedBoxes
from workbench.tasks.meters import MeanMeter
from workbench.tasks.sample_images import show_detections

NAMES = {
    "loss_objectness": "loss_proposal",
    "loss_rpn_box_reg": "loss_proposal_box",
    "loss_box_reg": "loss_box",
    "loss_classifier": "loss_class",
}


class TorchvisionBoxes:
    """Trains and evaluates ``torchvision_detector`` on ``box`` [N, M, 3 or 4], ``label`` [N, M]."""

    def __init__(self, classes: tuple[str, ...]) -> None:
        self.classes = classes

    def train_step(self, model: nn.Module, images: Tensor, targets: Targets) -> tuple[Losses, Any]:
        """torchvision's four losses and ``loss``, their sum."""
        # torch.compile wraps ``forward`` only; the losses are a method of the network itself.
        own: dict[str, Tensor] = model.losses(images, targets["box"], targets["label"])  # type: ignore[operator]
        losses = {NAMES[name]: value for name, value in own.items()}
        return {"loss": torch.stack(list(losses.values())).sum(), **losses}, None

    def predict(
        self, model: nn.Module, images: Tensor, targets: Targets
    ) -> tuple[Losses, BoxPredictions]:
        """The losses, and the predicted boxes."""
        losses, _ = self.train_step(model, images, targets)
        return losses, model(images)

    def train_meter(self) -> TrainMeter:
        """Losses; torchvision's detectors predict no boxes in training."""
        return MeanMeter()

    def test_meter(self) -> SplitMeter:
        """Losses and the metrics of the predicted boxes."""
        return BoxMeter(MeanMeter(), self.classes, _ranked_boxes)

    def images(
        self, model: nn.Module, images: Tensor, raw: Tensor, targets: Targets
    ) -> list[GalleryImage]:
        """The images with boxes and classes."""
        return show_detections(raw, _ranked_boxes(model(images)), targets, self.classes)


def _ranked_boxes(detections: BoxPredictions) -> RankedBoxes:
    return RankedBoxes(detections.boxes, detections.confidence, detections.labels[..., None])
