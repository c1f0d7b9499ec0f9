"""Detection: boxes and their classes, with three losses trained end to end (study 5).

The classifier is trained on the true boxes and evaluated on the predicted ones: ``accuracy`` is of
the true boxes in training and of the predicted ones in evaluation, which has ``accuracy_true_box``
too.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from workbench.config import RunConfig
from workbench.config.sections.models import FasterRcnnModel, TorchvisionDetectorModel
from workbench.config.sections.task import DetectionTask
from workbench.detection.boxes import NO_OBJECT, squares
from workbench.models.common.crops import spatial_transform, theta
from workbench.models.rpn import Detections
from workbench.runs.store.gallery import GalleryImage
from workbench.tasks import Losses, SplitMeter, Targets, TaskData, TrainMeter
from workbench.tasks.matching import TOP_K, BoxMeter, RankedBoxes
from workbench.tasks.meters import counted
from workbench.tasks.proposals import ProposalMeter, Proposals, Proposed
from workbench.tasks.sample_images import CROP, show_detections
from workbench.tasks.torchvision_boxes import TorchvisionBoxes


class Detection(Proposals):
    """Trains and evaluates ``faster_rcnn``; targets as of :class:`Proposals`."""

    settings: DetectionTask

    def train_step(
        self, model: nn.Module, images: Tensor, targets: Targets
    ) -> tuple[Losses, Proposed]:
        """The three losses, and ``loss``, their weighted sum."""
        detections: Detections = model(images, squares(targets["box"]))
        assert detections.logits_given is not None
        losses, proposed = self.losses(detections, targets)
        losses["loss_class"] = _class_loss(detections.logits_given, targets["label"])
        losses["loss"] = losses["loss"] + self.settings.weight_class * losses["loss_class"]
        return losses, proposed

    def train_meter(self) -> TrainMeter:
        """Losses, proposal accuracy, accuracy in the true box."""
        return DetectionMeter()

    def test_meter(self) -> SplitMeter:
        """As in training, with the metrics of the predicted boxes."""
        return BoxMeter(
            DetectionMeter(), self.classes, lambda outputs: _ranked_boxes(outputs.detections)
        )

    def images(
        self, model: nn.Module, images: Tensor, raw: Tensor, targets: Targets
    ) -> list[GalleryImage]:
        """The images with boxes and classes, and the crop at the most confident box."""
        detections: Detections = model(images)
        assert detections.boxes is not None
        pixels = raw.permute(0, 3, 1, 2).float()
        crops = spatial_transform(pixels, theta(detections.boxes[:, 0], pixels.shape[-1]), CROP)
        return show_detections(raw, _ranked_boxes(detections), targets, self.classes, crops)


class DetectionMeter(ProposalMeter):
    """Mean losses, ``proposal_accuracy``, and ``accuracy`` of the classes in the true boxes."""

    def measure(self, outputs: Proposed, targets: Targets, losses: Losses) -> dict[str, Tensor]:
        """As of proposals, and the classes that are right."""
        labels, logits = targets["label"], outputs.detections.logits_given
        assert logits is not None
        real = labels != NO_OBJECT
        right = (logits.argmax(dim=2) == labels) & real
        accuracy = counted(right.sum(), real.sum())
        return super().measure(outputs, targets, losses) | {"accuracy_true_box": accuracy}

    def result(self) -> dict[str, Any]:
        """The means by name."""
        numbers = super().result()
        numbers["proposal_accuracy"] = numbers["accuracy"]
        numbers["accuracy"] = numbers.setdefault("accuracy_true_box", None)
        return numbers


def _ranked_boxes(detections: Detections) -> RankedBoxes:
    assert (
        detections.boxes is not None
        and detections.confidence is not None
        and detections.logits is not None
    )
    chances = detections.logits.softmax(dim=2)
    likeliest = chances.topk(min(TOP_K, chances.shape[2]), dim=2)
    # A box is as sure as that there is an object and what it is.
    return RankedBoxes(
        detections.boxes, detections.confidence * likeliest.values[..., 0], likeliest.indices
    )


def _class_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy over real objects; 0 where there are none."""
    # Half precision ends here: a sum of exponentials needs float32.
    scores, wanted = logits.flatten(0, 1).float(), labels.flatten()
    total = F.cross_entropy(scores, wanted, ignore_index=NO_OBJECT, reduction="sum")
    return total / (wanted != NO_OBJECT).sum().clamp_min(1)


def build(config: RunConfig, data: TaskData, device: torch.device) -> Detection | TorchvisionBoxes:
    """The detection task of a configuration, as its network needs it."""
    assert isinstance(config.task, DetectionTask)
    if isinstance(config.model, TorchvisionDetectorModel):
        return TorchvisionBoxes(data.classes)
    assert isinstance(config.model, FasterRcnnModel)
    return Detection(config.task, config.model.anchors, data)
