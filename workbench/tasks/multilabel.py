"""Multi-label classification: any number of classes in an image, a sigmoid for each.

``accuracy`` is that of whole images: the share whose classes are all right (scikit-learn's
``accuracy_score``). Average precision is the area under the precision-recall steps
(``average_precision_score``), its mean over the classes that the split shows.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from workbench.config import RunConfig
from workbench.config.sections.task import MultilabelTask
from workbench.detection.boxes import NO_OBJECT
from workbench.runs.store.gallery import GalleryImage
from workbench.tasks import Losses, SplitMeter, Targets, TaskData, TrainMeter
from workbench.tasks.meters import MeanMeter, Worst, counted
from workbench.tasks.sample_images import show_labels


class Multilabel:
    """Logits [N, classes] against ``targets["label"]``: int64 [N, M], -1 where there is none."""

    def __init__(
        self, settings: MultilabelTask, classes: tuple[str, ...], weights: Tensor | None
    ) -> None:
        self.settings, self.classes, self.weights = settings, classes, weights

    def train_step(
        self, model: nn.Module, images: Tensor, targets: Targets
    ) -> tuple[Losses, Tensor]:
        """Mean binary cross-entropy over images and classes, weighted where that is asked."""
        scores = model(images).float()
        return {"loss": self._loss(scores, targets, self.weights)}, scores

    def predict(self, model: nn.Module, images: Tensor, targets: Targets) -> tuple[Losses, Tensor]:
        """Plain binary cross-entropy, so that losses compare between runs."""
        scores = model(images).float()
        return {"loss": self._loss(scores, targets, None)}, scores

    def train_meter(self) -> TrainMeter:
        """Loss, and the share of images whose classes are all right."""
        return ExactMeter(self.settings.threshold)

    def test_meter(self) -> SplitMeter:
        """Loss, mean average precision, F1, and each class's counts."""
        return MultilabelMeter(self.classes, self.settings.threshold)

    def images(
        self, model: nn.Module, images: Tensor, raw: Tensor, targets: Targets
    ) -> list[GalleryImage]:
        """The images with their classes and those predicted."""
        chances = model(images).float().sigmoid()
        wanted = indicators(targets["label"], len(self.classes))
        return show_labels(raw, wanted, chances, self.classes, self.settings.threshold)

    def _loss(self, scores: Tensor, targets: Targets, weights: Tensor | None) -> Tensor:
        wanted = indicators(targets["label"], scores.shape[1]).to(scores.dtype)
        return F.binary_cross_entropy_with_logits(scores, wanted, pos_weight=weights)


def indicators(labels: Tensor, classes: int) -> Tensor:
    """Which classes each image shows: bool [N, classes] of labels int64 [N, M], -1 for none."""
    table = torch.zeros(len(labels), classes + 1, dtype=torch.bool, device=labels.device)
    places = torch.where(labels == NO_OBJECT, classes, labels)  # the last column is thrown away
    return table.scatter_(1, places, value=True)[:, :classes]


class ExactMeter(MeanMeter):
    """Mean loss and the share of images whose classes are all right, while training."""

    def __init__(self, threshold: float) -> None:
        super().__init__()
        self.threshold = threshold

    def measure(self, outputs: Tensor, targets: Targets, losses: Losses) -> dict[str, Tensor]:
        """The losses, and the images of a batch of logits [N, classes] that are right."""
        wanted = indicators(targets["label"], outputs.shape[1])
        right = (outputs.sigmoid() >= self.threshold) == wanted
        accuracy = counted(right.all(dim=1).sum(), len(outputs))
        return super().measure(outputs, targets, losses) | {"accuracy": accuracy}


class MultilabelMeter(ExactMeter):
    """As above, with average precision, F1 and the counts of each class."""

    joined = ("_chances", "_wanted")
    nested = (*ExactMeter.nested, "_worst")

    def __init__(self, classes: tuple[str, ...], threshold: float) -> None:
        super().__init__(threshold)
        self.classes = classes
        self._chances: list[Tensor] = []
        self._wanted: list[Tensor] = []
        self._worst = Worst()

    def update(self, outputs: Tensor, targets: Targets, losses: Losses) -> None:
        """Take in a batch of logits [N, classes]."""
        super().update(outputs, targets, losses)
        wanted = indicators(targets["label"], outputs.shape[1])
        chances = outputs.detach().sigmoid()
        self._chances.append(chances)
        self._wanted.append(wanted)
        right = ((chances >= self.threshold) == wanted).all(dim=1)
        each = F.binary_cross_entropy_with_logits(outputs, wanted.float(), reduction="none")
        self._worst.update(torch.where(right, -torch.inf, each.mean(dim=1)))

    def result(self) -> dict[str, Any]:
        """The metrics by name; ``per_class`` has hits of images that show the class (recall)."""
        numbers = super().result()
        if not self._chances:
            return numbers
        # Synchronises: once a split.
        chances, wanted = torch.cat(self._chances).cpu(), torch.cat(self._wanted).cpu()
        predicted = chances >= self.threshold
        hits = (predicted & wanted).sum(dim=0).tolist()
        totals, guesses = wanted.sum(dim=0).tolist(), predicted.sum(dim=0).tolist()
        shown = [label for label, total in enumerate(totals) if total]
        precisions = {
            label: average_precision(chances[:, label], wanted[:, label]) for label in shown
        }
        f1 = [_f1(hits[label], totals[label], guesses[label]) for label in shown]
        exact = int((predicted == wanted).all(dim=1).sum())
        return numbers | {
            "correct": exact,
            "total": len(wanted),
            "mean_average_precision": sum(precisions.values()) / max(1, len(shown)),
            "f1": sum(f1) / max(1, len(f1)),
            "micro_f1": _f1(sum(hits), sum(totals), sum(guesses)),
            "balanced_accuracy": sum(hits[k] / totals[k] for k in shown) / max(1, len(shown)),
            "per_class": {
                name: {
                    "correct": hits[label],
                    "total": totals[label],
                    "predicted": guesses[label],
                    **({"average_precision": precisions[label]} if label in precisions else {}),
                }
                for label, name in enumerate(self.classes)
            },
        }

    def worst(self) -> list[int]:
        """The images with a wrong class and the largest loss, the largest first."""
        return self._worst.rows()


def average_precision(chances: Tensor, wanted: Tensor) -> float:
    """Area under the precision-recall steps of one class: [N] probabilities, [N] bool.

    Equal probabilities count as one step, as scikit-learn has it. 0 where nothing is wanted.
    """
    order = chances.argsort(descending=True, stable=True)
    values, hits = chances[order], wanted[order].double()
    found = hits.cumsum(0)
    last = torch.ones(len(values), dtype=torch.bool)  # of each run of equal probabilities
    last[:-1] = values[1:] != values[:-1]
    places = torch.arange(1, len(values) + 1, dtype=torch.float64)
    precision, recall = (found / places)[last], (found / found[-1].clamp_min(1))[last]
    before = torch.cat([recall.new_zeros(1), recall[:-1]])
    return float(((recall - before) * precision).sum())


def _f1(hits: int, total: int, guesses: int) -> float:
    return 2 * hits / (total + guesses) if total + guesses else 0.0


def build(config: RunConfig, data: TaskData, device: torch.device) -> Multilabel:
    """The multi-label task of a configuration."""
    assert isinstance(config.task, MultilabelTask)
    weights = None
    if config.task.class_weights == "balanced":
        counts = torch.tensor(data.class_counts(), dtype=torch.float32, device=device)
        weights = (data.size("train") - counts) / counts.clamp_min(1)
    return Multilabel(config.task, data.classes, weights)
