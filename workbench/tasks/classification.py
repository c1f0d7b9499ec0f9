"""Classification: cross-entropy, top-1 and top-3 accuracy, per class and as a confusion matrix."""

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from workbench.config import RunConfig
from workbench.config.sections.task import ClassificationTask
from workbench.runs.store.gallery import GalleryImage
from workbench.tasks import Losses, SplitMeter, Targets, TaskData, TrainMeter
from workbench.tasks.adding import Adding, Sums
from workbench.tasks.meters import Worst, class_metrics, count_values
from workbench.tasks.sample_images import show_classes

TOP_K = 3
HELD = 8192  # images whose answers wait to be summed


class Classification:
    """Logits [N, classes] against ``targets["label"]`` (int64 [N]).

    Where a batch was mixed (mixup, CutMix), ``label_b`` (int64 [N]) is the other
    image's label and ``mix`` (float [N], 0 to 1) the share of the first.
    """

    def __init__(
        self, settings: ClassificationTask, classes: tuple[str, ...], weights: Tensor | None
    ) -> None:
        self.settings = settings
        self.classes = classes
        self.weights = weights

    def train_step(
        self, model: nn.Module, images: Tensor, targets: Targets
    ) -> tuple[Losses, Tensor]:
        """Losses as configured: label smoothing, class weights, mixed labels."""
        logits = model(images)
        # Half precision ends here: a sum of exponentials needs float32.
        scores = logits.float()
        if "mix" in targets:
            share = targets["mix"]
            per_image = share * self._loss(scores, targets["label"], "none")
            per_image += (1 - share) * self._loss(scores, targets["label_b"], "none")
            return {"loss": per_image.mean()}, scores
        return {"loss": self._loss(scores, targets["label"], "mean")}, scores

    def predict(self, model: nn.Module, images: Tensor, targets: Targets) -> tuple[Losses, Tensor]:
        """Plain cross-entropy, so that validation losses can be compared between runs."""
        scores = model(images).float()
        return {"loss": F.cross_entropy(scores, targets["label"])}, scores

    def train_meter(self) -> TrainMeter:
        """Loss and top-1 accuracy."""
        return AccuracyMeter()

    def test_meter(self) -> SplitMeter:
        """Loss, top-1, top-3, per-class counts, confusion matrix."""
        return ConfusionMeter(self.classes)

    def images(
        self, model: nn.Module, images: Tensor, raw: Tensor, targets: Targets
    ) -> list[GalleryImage]:
        """The images with their class and the likeliest one."""
        scores = model(images).float()
        return show_classes(raw, targets["label"], scores, self.classes)

    def _loss(self, scores: Tensor, labels: Tensor, reduction: str) -> Tensor:
        return F.cross_entropy(
            scores,
            labels,
            weight=self.weights,
            reduction=reduction,
            label_smoothing=self.settings.label_smoothing,
        )


class AccuracyMeter(Adding):
    """Mean loss and top-1 accuracy over images."""

    summed: ClassVar[tuple[str, ...]] = ("count", "correct", "loss")

    def __init__(self) -> None:
        self.count = 0
        self.correct: Tensor | None = None
        self.loss: Tensor | None = None
        self._held: list[tuple[Tensor, Tensor, Tensor]] = []  # logits (or answers), labels, loss
        self._sum_at = HELD  # images counted

    def update(self, outputs: Tensor, targets: Targets, losses: Losses) -> None:
        """Add a batch of logits [N, classes].

        Batches are summed together later: eight small operations after each step would cost a
        small network 1 % of its speed.
        """
        self._hold(outputs.detach(), targets["label"], losses["loss"])

    def measure(self, outputs: Tensor, targets: Targets, losses: Losses) -> dict[str, Tensor]:
        """Answers and labels (int64 [2, N]), and the loss."""
        both = torch.stack([outputs.detach().argmax(dim=1), targets["label"]])
        return {"answers": both, "loss": losses["loss"]}

    def take(self, measured: dict[str, Tensor], size: int) -> None:
        """Take in a batch that was measured."""
        answers, labels = measured["answers"].clone()
        self._hold(answers, labels, measured["loss"].clone())

    def _hold(self, outputs: Tensor, labels: Tensor, loss: Tensor) -> None:
        self._held.append((outputs, labels, loss))
        self.count += len(outputs)
        if self.count >= self._sum_at:
            self._sum()

    def _sum(self) -> None:
        if not self._held:
            return
        outputs, labels, losses = zip(*self._held, strict=True)
        sizes = torch.tensor([len(each) for each in labels], dtype=torch.float64)
        correct = (_answers(outputs) == torch.cat(labels)).sum()
        each = torch.stack(losses).double()
        # Does not synchronise: the copy to the device is queued.
        loss = (each * sizes.to(each.device, non_blocking=True)).sum()
        self.correct = correct if self.correct is None else self.correct + correct
        self.loss = loss if self.loss is None else self.loss + loss
        self._held.clear()
        self._sum_at = self.count + HELD

    def sums(self) -> Sums:
        """The sums so far, those of the batches that are held too."""
        self._sum()
        return super().sums()

    def result(self) -> dict[str, Any]:
        """``loss`` and ``accuracy`` (0 to 1); 0 and 0 before the first batch."""
        self._sum()
        if self.correct is None or self.loss is None:
            return {"loss": 0.0, "accuracy": 0.0}
        # Synchronises: once an epoch.
        return {
            "loss": self.loss.item() / self.count,
            "accuracy": self.correct.item() / self.count,
        }

    def state(self) -> dict[str, Tensor]:
        """The sums so far, and the batches not yet summed.

        They are not summed here: sums of floats depend on their order, and a resumed run must
        give the same bits.
        """
        state = {"count": torch.tensor(self.count)}
        if self.correct is not None and self.loss is not None:
            state |= {"correct": self.correct, "loss": self.loss}
        if self._held:
            outputs, labels, losses = zip(*self._held, strict=True)
            state |= {
                "answers": _answers(outputs),
                "labels": torch.cat(labels),
                "losses": torch.stack(losses),
                "sizes": torch.tensor([len(each) for each in labels]),
            }
        return state

    def load(self, state: dict[str, Tensor]) -> None:
        """Restore a checkpoint's sums."""
        if not state:
            return
        self.count = int(state["count"])
        self.correct, self.loss = state.get("correct"), state.get("loss")
        self._held = []
        if "sizes" in state:
            sizes = state["sizes"].tolist()
            answers = torch.split(state["answers"], sizes)
            labels = torch.split(state["labels"], sizes)
            self._held = list(zip(answers, labels, state["losses"], strict=True))
        self._sum_at = self.count - sum(len(each) for _, each, _ in self._held) + HELD


class ConfusionMeter(AccuracyMeter):
    """An :class:`AccuracyMeter` with top-3 accuracy and the confusion matrix [true, predicted]."""

    summed = (*AccuracyMeter.summed, "confusion", "top_k")
    nested = ("_worst",)

    def __init__(self, classes: tuple[str, ...]) -> None:
        super().__init__()
        self.classes = classes
        self.confusion: Tensor | None = None
        self.top_k: Tensor | None = None
        self._worst = Worst()

    def update(self, outputs: Tensor, targets: Targets, losses: Losses) -> None:
        """Add a batch of logits [N, classes]."""
        super().update(outputs, targets, losses)
        classes, labels, answers = len(self.classes), targets["label"], outputs.argmax(dim=1)
        cells = count_values(labels * classes + answers, torch.ones_like(labels), classes**2)
        each = F.cross_entropy(outputs, labels, reduction="none")
        self._worst.update(torch.where(answers == labels, -torch.inf, each))
        best = outputs.topk(min(TOP_K, classes), dim=1).indices
        top_k = (best == labels[:, None]).sum()
        self.confusion = cells if self.confusion is None else self.confusion + cells
        self.top_k = top_k if self.top_k is None else self.top_k + top_k

    def result(self) -> dict[str, Any]:
        """The metrics of the contract's ``epoch`` and ``test`` events, without their prefix."""
        numbers = super().result()
        if self.confusion is None or self.top_k is None:
            return numbers
        # Synchronises: once a split, as does what is counted beside it.
        matrix = self.confusion.reshape(len(self.classes), -1).cpu()
        right, total = matrix.diagonal().tolist(), matrix.sum(dim=1).tolist()
        numbers |= {"total": self.count}
        numbers |= class_metrics(self.classes, right, total, matrix.tolist())
        if len(self.classes) > TOP_K:
            top = int(self.top_k.item())
            numbers |= {"top3_correct": top, "top3_accuracy": top / self.count}
        return numbers

    def worst(self) -> list[int]:
        """The images with a wrong answer and the largest loss, the largest first."""
        return self._worst.rows()


def _answers(outputs: Sequence[Tensor]) -> Tensor:
    """The predicted classes (int64 [N]) of batches of logits, or of predictions."""
    return torch.cat([each if each.ndim == 1 else each.argmax(dim=1) for each in outputs])


def build(config: RunConfig, data: TaskData, device: torch.device) -> Classification:
    """The classification task of a configuration."""
    assert isinstance(config.task, ClassificationTask)
    weights = None
    if config.task.class_weights == "balanced":
        counts = torch.tensor(data.class_counts(), dtype=torch.float32, device=device)
        weights = counts.sum() / (len(counts) * counts.clamp_min(1))
    return Classification(config.task, data.classes, weights)
