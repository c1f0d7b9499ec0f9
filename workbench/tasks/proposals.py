"""Region proposals: an object score and a box for each cell (study 5).

Binary cross-entropy over the cells that are not ignored, and smooth-L1 over the boxes of the
cells with an object, both means (Ren et al. 2015, arXiv:1506.01497, equation 1, with the
weights of the configuration).
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from workbench.config import RunConfig
from workbench.config.sections.models import RpnModel
from workbench.config.sections.task import ProposalsTask
from workbench.detection.boxes import (
    IGNORED,
    OBJECT,
    ProposalTargets,
    anchor_grid,
    proposal_targets,
    squares,
)
from workbench.models.rpn import Detections
from workbench.runs.store.gallery import GalleryImage
from workbench.tasks import Losses, SplitMeter, Targets, TaskData, TrainMeter
from workbench.tasks.matching import BoxMeter, RankedBoxes
from workbench.tasks.meters import MeanMeter, counted
from workbench.tasks.sample_images import show_detections


class Proposed(NamedTuple):
    """A network's proposals and their targets."""

    detections: Detections
    wanted: ProposalTargets


class Proposals:
    """Trains and evaluates ``rpn`` on ``box`` [N, M, 3 or 4], ``label`` [N, M] and ``mask``."""

    def __init__(self, settings: ProposalsTask, anchors: list[float], data: TaskData) -> None:
        self.settings = settings
        self.anchors = anchors
        self.classes = data.classes

    def train_step(
        self, model: nn.Module, images: Tensor, targets: Targets
    ) -> tuple[Losses, Proposed]:
        """The two losses, and ``loss``, their weighted sum."""
        detections: Detections = model(images)
        return self.losses(detections, targets)

    def predict(
        self, model: nn.Module, images: Tensor, targets: Targets
    ) -> tuple[Losses, Proposed]:
        """As in training, with the best boxes."""
        return self.train_step(model, images, targets)

    def losses(self, detections: Detections, targets: Targets) -> tuple[Losses, Proposed]:
        """``loss_proposal`` and ``loss_box`` of the detections, and ``loss``."""
        anchors = anchor_grid(self.anchors, detections.scores.shape[-1], detections.deltas)
        boxes = squares(targets["box"])
        wanted = proposal_targets(boxes, targets["label"], targets["mask"], anchors)
        is_object = wanted.mask == OBJECT
        asked = (wanted.mask != IGNORED).float()
        score = F.binary_cross_entropy_with_logits(
            detections.scores, is_object.to(detections.scores.dtype), reduction="none"
        )
        box = F.smooth_l1_loss(detections.deltas, wanted.deltas, reduction="none").mean(dim=-1)
        losses = {
            "loss_proposal": _mean(score, asked),
            "loss_box": _mean(box, is_object.float()),
        }
        loss = self.settings.weight_proposal * losses["loss_proposal"]
        loss = loss + self.settings.weight_box * losses["loss_box"]
        return {"loss": loss, **losses}, Proposed(detections, wanted)

    def train_meter(self) -> TrainMeter:
        """Losses and proposal accuracy."""
        return ProposalMeter()

    def test_meter(self) -> SplitMeter:
        """As in training, with IoU, share detected and average precision of the best boxes."""
        return ProposalTestMeter(self.classes)

    def images(
        self, model: nn.Module, images: Tensor, raw: Tensor, targets: Targets
    ) -> list[GalleryImage]:
        """The images with their true boxes and the best predicted ones."""
        detections: Detections = model(images)
        return show_detections(raw, _ranked_boxes(detections), targets, self.classes)


class ProposalMeter(MeanMeter):
    """Mean losses; ``accuracy`` is the share of right cells among those not ignored."""

    def measure(self, outputs: Proposed, targets: Targets, losses: Losses) -> dict[str, Tensor]:
        """The losses, and the cells that are right."""
        asked = outputs.wanted.mask != IGNORED
        right = (outputs.detections.scores > 0) == (outputs.wanted.mask == OBJECT)
        accuracy = counted((right & asked).sum(), asked.sum())
        return super().measure(outputs, targets, losses) | {"accuracy": accuracy}


class ProposalTestMeter(BoxMeter):
    """As in training, with the metrics of the best boxes; by class, the detected objects."""

    def __init__(self, classes: tuple[str, ...]) -> None:
        self.cells = ProposalMeter()
        super().__init__(self.cells, classes, lambda outputs: _ranked_boxes(outputs.detections))

    def result(self) -> dict[str, Any]:
        """Everything that is reported of a split; ``correct`` of ``total`` are cells."""
        correct, total = self.cells.means.counts("accuracy")
        return {
            **self.matches.result(),
            **self.cells.result(),
            "correct": correct,
            "total": total,
        }


def _ranked_boxes(detections: Detections) -> RankedBoxes:
    assert detections.boxes is not None and detections.confidence is not None, (
        "the network is in training"
    )
    return RankedBoxes(detections.boxes, detections.confidence)


def _mean(values: Tensor, weights: Tensor) -> Tensor:
    """Mean over the anchors that count; 0 where none does."""
    return (values * weights).sum() / weights.sum().clamp_min(1)


def build(config: RunConfig, data: TaskData, device: torch.device) -> Proposals:
    """The proposal task of a configuration."""
    assert isinstance(config.task, ProposalsTask) and isinstance(config.model, RpnModel)
    return Proposals(config.task, config.model.anchors, data)
