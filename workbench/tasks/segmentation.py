"""Semantic segmentation: a class for every pixel, measured by intersection over union.

``accuracy`` is that of pixels. A class's IoU is its pixels that are right, over those that are
of it or were predicted as it (Everingham et al. 2010); the mean is over classes that occur.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from workbench.config import RunConfig
from workbench.config.sections.task import SegmentationTask
from workbench.detection.masks import IGNORED
from workbench.runs.store.gallery import GalleryImage
from workbench.tasks import Losses, SplitMeter, Targets, TaskData, TrainMeter
from workbench.tasks.meters import MeanMeter, Worst, counted
from workbench.tasks.sample_images import show_masks


class Segmentation:
    """Logits [N, classes, H, W] against ``targets["segment"]``: uint8 [N, H, W], 255 ignored."""

    def __init__(
        self, settings: SegmentationTask, classes: tuple[str, ...], weights: Tensor | None
    ) -> None:
        self.settings, self.classes, self.weights = settings, classes, weights

    def train_step(
        self, model: nn.Module, images: Tensor, targets: Targets
    ) -> tuple[Losses, Tensor]:
        """Cross-entropy over pixels as ``loss_pixel``, and ``loss_dice`` where it has a weight."""
        scores = model(images).float()
        wanted = targets["segment"].long()
        pixel = _cross_entropy(scores, wanted, self.weights)
        if not self.settings.weight_dice:
            return {"loss": pixel}, scores
        dice = dice_loss(scores, wanted)
        loss = pixel + self.settings.weight_dice * dice
        return {"loss": loss, "loss_pixel": pixel, "loss_dice": dice}, scores

    def predict(self, model: nn.Module, images: Tensor, targets: Targets) -> tuple[Losses, Tensor]:
        """Plain cross-entropy, so that losses compare between runs whatever they train with."""
        scores = model(images).float()
        return {"loss": _cross_entropy(scores, targets["segment"].long(), None)}, scores

    def train_meter(self) -> TrainMeter:
        """Losses and pixel accuracy."""
        return PixelMeter()

    def test_meter(self) -> SplitMeter:
        """Loss, pixel accuracy, mean IoU, IoU of each class, confusion matrix of pixels."""
        return SegmentMeter(self.classes)

    def images(
        self, model: nn.Module, images: Tensor, raw: Tensor, targets: Targets
    ) -> list[GalleryImage]:
        """The images under the predicted masks; what is true beside them."""
        answers = model(images).argmax(dim=1)
        return show_masks(raw, targets["segment"], answers, self.classes)


def _cross_entropy(scores: Tensor, wanted: Tensor, weights: Tensor | None) -> Tensor:
    """The mean over pixels that count; 0 where none does."""
    total = F.cross_entropy(scores, wanted, weights, ignore_index=IGNORED, reduction="sum")
    real = wanted != IGNORED
    if weights is None:
        return total / real.sum().clamp_min(1)
    return total / (weights[wanted.clamp_max(len(weights) - 1)] * real).sum().clamp_min(1e-12)


def dice_loss(scores: Tensor, wanted: Tensor) -> Tensor:
    """1 - the mean soft Dice coefficient over classes (Milletari et al. 2016, arXiv:1606.04797)."""
    classes = scores.shape[1]
    real = (wanted != IGNORED)[:, None]
    chances = scores.softmax(dim=1) * real
    truth = F.one_hot(wanted.clamp_max(classes - 1), classes).permute(0, 3, 1, 2) * real
    both = (chances * truth).sum(dim=(0, 2, 3))
    return 1 - ((2 * both + 1) / (chances.sum(dim=(0, 2, 3)) + truth.sum(dim=(0, 2, 3)) + 1)).mean()


class PixelMeter(MeanMeter):
    """Mean losses and the share of pixels that are right, while training."""

    def measure(self, outputs: Tensor, targets: Targets, losses: Losses) -> dict[str, Tensor]:
        """The losses, and the pixels of a batch of logits [N, classes, H, W] that are right."""
        wanted = targets["segment"]
        right = (outputs.argmax(dim=1) == wanted).sum()
        accuracy = counted(right, (wanted != IGNORED).sum())
        return super().measure(outputs, targets, losses) | {"accuracy": accuracy}


class SegmentMeter(PixelMeter):
    """As above, with the confusion matrix of pixels and what follows from it."""

    summed = ("_cells",)
    nested = (*PixelMeter.nested, "_worst")

    def __init__(self, classes: tuple[str, ...]) -> None:
        super().__init__()
        self.classes = classes
        self._cells: Tensor | None = None  # int64 [classes²]
        self._worst = Worst()

    def update(self, outputs: Tensor, targets: Targets, losses: Losses) -> None:
        """Take in a batch of logits [N, classes, H, W]; no host synchronisation."""
        super().update(outputs, targets, losses)
        classes, wanted = len(self.classes), targets["segment"].long()
        answers, real = outputs.argmax(dim=1), wanted != IGNORED
        cells = (wanted.clamp_max(classes - 1) * classes + answers).flatten()
        counts = cells.new_zeros(classes**2).scatter_add_(0, cells, real.flatten().long())
        self._cells = counts if self._cells is None else self._cells + counts
        wrong = ((answers != wanted) & real).flatten(1).sum(dim=1).float()
        share = wrong / real.flatten(1).sum(dim=1).clamp_min(1)
        self._worst.update(torch.where(wrong == 0, -torch.inf, share))

    def result(self) -> dict[str, Any]:
        """The metrics by name; ``per_class`` has intersection and union, in pixels."""
        numbers = super().result()
        if self._cells is None:
            return numbers
        # Synchronises: once a split.
        matrix = self._cells.reshape(len(self.classes), -1).cpu()
        hits, true, predicted = matrix.diagonal(), matrix.sum(dim=1), matrix.sum(dim=0)
        union = (true + predicted - hits).tolist()
        shares = [hit / total for hit, total in zip(hits.tolist(), union, strict=True) if total]
        recalls = [
            hit / total for hit, total in zip(hits.tolist(), true.tolist(), strict=True) if total
        ]
        numbers |= {
            "correct": int(hits.sum()),
            "total": int(matrix.sum()),
            "mean_iou": sum(shares) / max(1, len(shares)),
            "balanced_accuracy": sum(recalls) / max(1, len(recalls)),
            "per_class": {
                name: {"correct": hit, "total": total, "predicted": guess}
                for name, hit, total, guess in zip(
                    self.classes, hits.tolist(), union, predicted.tolist(), strict=True
                )
            },
        }
        if len(self.classes) <= 100:  # beyond that a line of metrics would be megabytes
            numbers["confusion"] = matrix.tolist()
        return numbers

    def worst(self) -> list[int]:
        """The images with the largest share of wrong pixels, the largest first."""
        return self._worst.rows()


def build(config: RunConfig, data: TaskData, device: torch.device) -> Segmentation:
    """The segmentation task of a configuration."""
    assert isinstance(config.task, SegmentationTask)
    weights = None
    if config.task.class_weights == "balanced":
        counts = torch.tensor(data.class_counts(), dtype=torch.float32, device=device)
        weights = counts.sum() / (len(counts) * counts.clamp_min(1))
    return Segmentation(config.task, data.classes, weights)
