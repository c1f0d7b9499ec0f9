"""Parts that several tasks' meters share: means, counts by class, and the worst images."""

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from workbench.tasks import Losses, Targets
from workbench.tasks.adding import Adding, Sums

WORST = 24  # images kept
MOST_CLASSES = 100  # with a confusion matrix; beyond that a line of metrics would be megabytes


class Means(Adding):
    """Weighted means by name, summed on their device."""

    summed = ("_sums",)

    def __init__(self) -> None:
        self._sums: dict[str, Tensor] = {}  # [2] float64: sum, weight

    def add(self, name: str, total: Tensor, weight: Tensor | int) -> None:
        """Add a sum over things and how many they were; no host synchronisation."""
        self.add_all({name: counted(total, weight)})

    def add_all(self, sums: dict[str, Tensor]) -> None:
        """Add sums and weights by name, as :func:`counted` gives them."""
        for name, both in sums.items():
            before = self._sums.get(name)
            self._sums[name] = both.clone() if before is None else before + both

    def result(self) -> dict[str, float]:
        """The means; 0 where the weight is 0."""
        # Synchronises: once an epoch.
        pairs = {name: both.tolist() for name, both in self._sums.items()}
        return {name: total / weight if weight else 0.0 for name, (total, weight) in pairs.items()}

    def counts(self, name: str) -> tuple[int, int]:
        """Sum and weight of a mean over things that are counted, rounded: 3 of 7."""
        if name not in self._sums:
            return 0, 0
        total, weight = self._sums[name].tolist()  # synchronises: once an epoch
        return round(total), round(weight)

    def state(self) -> dict[str, Tensor]:
        """The sums and weights, for a checkpoint."""
        return dict(self._sums)

    def load(self, state: dict[str, Tensor]) -> None:
        """Go on from a checkpoint's sums."""
        self._sums = dict(state)


def counted(total: Tensor, weight: Tensor | int) -> Tensor:
    """A sum over things and how many they were, as float64 [2]; no host synchronisation."""
    total = total.detach().double()
    if not isinstance(weight, Tensor):
        weight = torch.full_like(total, weight)  # bringing a number over would synchronise
    return torch.stack([total, weight.double()])


class MeanMeter(Adding):
    """Mean losses in training; a subclass adds what its task measures beside them."""

    nested: ClassVar[tuple[str, ...]] = ("means",)

    def __init__(self) -> None:
        self.means = Means()

    def update(self, outputs: Any, targets: Targets, losses: Losses) -> None:
        """Take in a batch."""
        self.take(self.measure(outputs, targets, losses), len(targets["label"]))

    def measure(self, outputs: Any, targets: Targets, losses: Losses) -> dict[str, Tensor]:
        """Sum and weight (float64 [2]) of what a batch adds, by name: here its mean losses."""
        size = len(targets["label"])
        return {
            name: counted(value * size, size)
            for name, value in losses.items()
            if name.startswith("loss")
        }

    def take(self, measured: dict[str, Tensor], size: int) -> None:
        """Add what was measured of a batch."""
        self.means.add_all(measured)

    def result(self) -> dict[str, Any]:
        """The means by name; ``accuracy`` is None where it was not added."""
        return {"loss": 0.0, "accuracy": None, **self.means.result()}

    def state(self) -> dict[str, Tensor]:
        """The sums so far."""
        return self.means.state()

    def load(self, state: dict[str, Tensor]) -> None:
        """Go on from a checkpoint's sums."""
        self.means.load(state)


class Worst:
    """Finds the ``WORST`` rows with the largest badness, over batches in order."""

    def __init__(self) -> None:
        self._seen = 0
        self._badness: Tensor | None = None
        self._rows: Tensor | None = None

    def update(self, badness: Tensor) -> None:
        """Add a batch's badness [B]; minus infinity for an image that came out right."""
        badness = badness.detach().float()
        rows = torch.arange(self._seen, self._seen + len(badness), device=badness.device)
        self._seen += len(badness)
        self._take(badness, rows)

    def sums(self) -> Sums:
        """The worst so far, and how many images they are of."""
        empty = torch.empty(0)
        none = self._badness is None or self._rows is None
        return {
            "seen": self._seen,
            "badness": empty if none else self._badness.cpu(),  # type: ignore[union-attr]
            "rows": empty.long() if none else self._rows.cpu(),  # type: ignore[union-attr]
        }

    def add_sums(self, sums: Sums) -> None:
        """Take in the worst of the images after those seen so far."""
        self._take(sums["badness"], sums["rows"] + self._seen)
        self._seen += sums["seen"]

    def _take(self, badness: Tensor, rows: Tensor) -> None:
        if self._badness is not None and self._rows is not None:
            badness = torch.cat([self._badness, badness])
            rows = torch.cat([self._rows, rows])
        kept = badness.topk(min(WORST, len(badness)))
        self._badness, self._rows = kept.values, rows[kept.indices]

    def rows(self) -> list[int]:
        """The rows, the worst first, without those that came out right."""
        if self._badness is None or self._rows is None:
            return []
        # Synchronises: once a split.
        wrong: list[int] = self._rows[self._badness > -torch.inf].tolist()
        return wrong


def count_values(values: Tensor, weights: Tensor, size: int) -> Tensor:
    """How often each of 0 … ``size`` - 1 occurs in ``values``, each occurrence by its weight."""
    # Not bincount: it asks the device for the largest value, and so synchronises.
    return weights.new_zeros(size).scatter_add_(0, values.flatten(), weights.flatten())


def class_metrics(
    classes: Sequence[str],
    right: Sequence[int],
    total: Sequence[int],
    confusion: Sequence[Sequence[int]] | None = None,
) -> dict[str, Any]:
    """Metrics from counts by class: balanced accuracy, ``per_class``, confusion [true, predicted].

    A class without an example does not count in the balanced accuracy (the mean of each class's).
    """
    present = [hit / count for hit, count in zip(right, total, strict=True) if count]
    per_class: dict[str, dict[str, int]] = {
        name: {"correct": hit, "total": count}
        for name, hit, count in zip(classes, right, total, strict=True)
    }
    metrics: dict[str, Any] = {
        "correct": sum(right),
        "balanced_accuracy": sum(present) / max(1, len(present)),
        "per_class": per_class,
    }
    if confusion is not None:
        for name, column in zip(classes, zip(*confusion, strict=True), strict=True):
            per_class[name]["predicted"] = sum(column)
        if len(classes) <= MOST_CLASSES:
            metrics["confusion"] = [list(row) for row in confusion]
    return metrics
