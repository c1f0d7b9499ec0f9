"""Builds torchvision's Faster R-CNN by its name, with new weights, for boxes of any shape.

The full form of study 5's small detector: a feature pyramid, anchors of several scales and
aspects, RoIAlign, non-maximum suppression (Ren et al. 2015; Lin et al. 2016, arXiv:1612.03144).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torchvision.models import get_model

from workbench.config.sections.models import TorchvisionDetectorModel
from workbench.detection.boxes import NO_OBJECT, corners


class BoxPredictions(NamedTuple):
    """The boxes predicted for N images, at most K each, the most confident first."""

    boxes: Tensor  # [N, K, 4]: centre x, y, width, height in pixels
    confidence: Tensor  # [N, K], 0 to 1; 0 where there is no box
    labels: Tensor  # int64 [N, K]


class TorchvisionDetector(nn.Module):
    """Float [N, channels, S, S] -> :class:`BoxPredictions`; :meth:`losses` in training."""

    def __init__(self, config: TorchvisionDetectorModel, *, classes: int, size: int) -> None:
        super().__init__()
        self.keep = config.keep
        # Images come normalised and of the right size; class 0 of torchvision is background.
        self.detector = get_model(
            config.name,
            weights=None,
            weights_backbone=None,
            num_classes=classes + 1,
            min_size=size,
            max_size=size,
            image_mean=[0.0, 0.0, 0.0],
            image_std=[1.0, 1.0, 1.0],
            box_detections_per_img=config.keep,
            box_nms_thresh=config.nms,
        )

    def forward(self, images: Tensor) -> BoxPredictions:
        """The predicted boxes, in evaluation."""
        return _gather(self.detector(_colour(images)), self.keep, images)

    def losses(self, images: Tensor, boxes: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """torchvision's four losses against boxes [N, M, 3 or 4] with labels [N, M]."""
        targets = [
            {"boxes": edges[real != NO_OBJECT], "labels": real[real != NO_OBJECT] + 1}
            for edges, real in zip(corners(boxes), labels, strict=True)
        ]
        with _training(self.detector):
            losses: dict[str, Tensor] = self.detector(_colour(images), targets)
        return losses


@contextmanager
def _training(detector: nn.Module) -> Iterator[None]:
    """torchvision gives losses in training mode only; norms stay as they were found."""
    before = {module: module.training for module in detector.modules()}
    if not detector.training:
        detector.train()
        for module, training in before.items():
            if isinstance(module, nn.BatchNorm2d):
                module.train(training)
    try:
        yield
    finally:
        for module, training in before.items():
            module.training = training


def _colour(images: Tensor) -> list[Tensor]:
    """Grey images get three equal channels."""
    return list(images.float().expand(-1, 3, -1, -1))


def _gather(found: list[dict[str, Tensor]], keep: int, like: Tensor) -> BoxPredictions:
    boxes = torch.zeros(len(found), keep, 4, device=like.device)
    confidence = torch.zeros(len(found), keep, device=like.device)
    labels = torch.zeros(len(found), keep, dtype=torch.int64, device=like.device)
    for row, one in enumerate(found):
        edges, count = one["boxes"], len(one["boxes"])
        low, high = edges[:, :2], edges[:, 2:]
        boxes[row, :count] = torch.cat([(low + high) / 2, high - low], dim=1)
        confidence[row, :count], labels[row, :count] = one["scores"], one["labels"] - 1
    return BoxPredictions(boxes, confidence, labels)


def build(
    config: TorchvisionDetectorModel, *, channels: int, classes: int, size: int
) -> TorchvisionDetector:
    """Build the detector for images of ``size`` × ``size``, grey or in colour."""
    return TorchvisionDetector(config, classes=classes, size=size)
