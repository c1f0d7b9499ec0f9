"""Matches predicted boxes to true ones: IoU, accuracy of objects, mean average precision.

Every task with boxes gives its predictions as :class:`RankedBoxes`, so that all detectors have the
same metrics.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from workbench.detection.boxes import NO_OBJECT, intersection_over_union
from workbench.tasks import Losses, Meter, Targets
from workbench.tasks.adding import Adding
from workbench.tasks.mean_average_precision import Precision
from workbench.tasks.meters import Means, Worst, class_metrics, count_values

TOP_K = 3
HIT = 0.5  # IoU from which on an object is detected


class RankedBoxes(NamedTuple):
    """The boxes predicted for N images, K each, the most confident first."""

    boxes: Tensor  # [N, K, 3 or 4]
    confidence: Tensor  # [N, K]; 0: no box
    classes: Tensor | None = None  # int64 [N, K, R]: the likeliest first; None: without classes


class Match(NamedTuple):
    """For each true object [N, M] the predicted box with the largest IoU."""

    real: Tensor  # bool: whether there is an object (else padding)
    best: Tensor  # int64: index of the predicted box
    iou: Tensor  # 0 where there is no box
    right: Tensor  # bool: its class is right; without classes: it is detected
    answers: Tensor | None  # int64 [N, M, R]: the classes of that box, the likeliest first


def match(detections: RankedBoxes, boxes: Tensor, labels: Tensor) -> Match:
    """Match true boxes [N, M, 3 or 4] with labels [N, M] to the predicted ones."""
    overlap = intersection_over_union(boxes[:, :, None], detections.boxes[:, None])
    iou, best = (overlap * (detections.confidence > 0)[:, None]).max(dim=2)
    real = labels != NO_OBJECT
    if detections.classes is None:
        return Match(real, best, iou, (iou >= HIT) & real, None)
    rows = best[..., None].expand(-1, -1, detections.classes.shape[-1])
    answers = detections.classes.gather(1, rows)
    return Match(real, best, iou, (answers[..., 0] == labels) & (iou > 0) & real, answers)


class MatchMeter(Adding):
    """Box IoU, share detected, accuracy by class, confusion, and mean average precision."""

    summed = ("_tables",)
    nested = ("means", "worst", "precision")

    def __init__(self, classes: tuple[str, ...]) -> None:
        self.classes = classes
        self.means = Means()
        self.worst = Worst()
        self.precision = Precision()
        self._tables: dict[str, Tensor] = {}

    def update(self, detections: RankedBoxes, boxes: Tensor, labels: Tensor) -> None:
        """Take in a batch; no host synchronisation."""
        matched = match(detections, boxes, labels)
        there = matched.real.sum()
        self.means.add("box_iou", (matched.iou * matched.real).sum(), there)
        self.means.add("found", ((matched.iou >= HIT) & matched.real).sum(), there)
        self._count("there", labels, matched.real)
        self._count("right", labels, matched.right)
        # Of wrong answers, the farther the box is off the worse.
        missed = torch.where(matched.right | ~matched.real, -torch.inf, 1 - matched.iou)
        self.worst.update(missed.amax(dim=1))
        if detections.classes is None or matched.answers is None:
            nothing = torch.zeros_like(detections.confidence, dtype=torch.int64)
            wanted = torch.where(matched.real, 0, labels)
            self.precision.update(detections.boxes, detections.confidence, nothing, boxes, wanted)
            return
        self._count_answers(matched, matched.answers, labels)
        first = detections.classes[..., 0]
        self.precision.update(detections.boxes, detections.confidence, first, boxes, labels)

    def result(self) -> dict[str, Any]:
        """The metrics by name: shares from 0 to 1, counts, tables; {} before the first batch."""
        if not self._tables:
            return {}
        # Synchronises: once a split.
        tables = {name: table.long().tolist() for name, table in self._tables.items()}
        right, there = tables["right"], tables["there"]
        confusion = None
        if "cells" in tables:
            classes, cells = len(self.classes), tables["cells"]
            confusion = [cells[row * classes : (row + 1) * classes] for row in range(classes)]
        return {
            **self.means.result(),
            **self.precision.result(),
            "total": sum(there),
            **class_metrics(self.classes, right, there, confusion),
        }

    def _count_answers(self, matched: Match, answers: Tensor, labels: Tensor) -> None:
        classes = len(self.classes)
        cells = labels.clamp_min(0) * classes + answers[..., 0]
        self._count("cells", cells, matched.real & (matched.iou > 0), classes**2)
        if answers.shape[-1] >= TOP_K:
            top = (answers[..., :TOP_K] == labels[..., None]).any(dim=2)
            top = top & matched.real & (matched.iou > 0)
            self.means.add("top3_accuracy", top.sum(), matched.real.sum())

    def _count(self, name: str, values: Tensor, wanted: Tensor, size: int = 0) -> None:
        """Add to a table how often each value occurs where ``wanted``."""
        size = size or len(self.classes)
        counts = count_values(values.clamp_min(0), wanted.double(), size)
        self._tables[name] = self._tables[name] + counts if name in self._tables else counts


class BoxMeter(Adding):
    """A meter of a split: a task's own meter, with the metrics of the predicted boxes.

    ``accuracy`` is the share of objects that are detected, and of the right class if there are
    classes.
    """

    nested = ("own", "matches")

    def __init__(
        self, own: Meter, classes: tuple[str, ...], ranked_boxes: Callable[[Any], RankedBoxes]
    ) -> None:
        self.own = own
        self.matches = MatchMeter(classes)
        self.ranked_boxes = ranked_boxes

    def update(self, outputs: Any, targets: Targets, losses: Losses) -> None:
        """Take in a batch."""
        self.own.update(outputs, targets, losses)
        self.matches.update(self.ranked_boxes(outputs), targets["box"], targets["label"])

    def result(self) -> dict[str, Any]:
        """Everything that is reported of a split."""
        numbers = {**self.own.result(), **self.matches.result()}
        numbers["accuracy"] = numbers.get("correct", 0) / max(1, numbers.get("total", 0))
        return numbers

    def worst(self) -> list[int]:
        """Rows of the images with a missed or wrongly classified object, the worst first."""
        return self.matches.worst.rows()
