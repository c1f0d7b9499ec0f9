"""Mean average precision as COCO defines it, by torchmetrics."""

import logging
from typing import NamedTuple

import torch
from torch import Tensor

from workbench.detection.boxes import NO_OBJECT, corners
from workbench.tasks.adding import Adding


class _Batch(NamedTuple):
    edges: Tensor  # [N, K, 4]: left, top, right, bottom of the predicted boxes
    confidence: Tensor  # [N, K]; 0: no box
    answers: Tensor  # int64 [N, K]
    wanted: Tensor  # [N, M, 4]
    labels: Tensor  # int64 [N, M]; NO_OBJECT: no box


class Precision(Adding):
    """Keeps the boxes of all batches on their device, and evaluates them at the end."""

    joined = ("_batches",)

    def __init__(self) -> None:
        self._batches: list[_Batch] = []

    def update(
        self, detections: Tensor, confidence: Tensor, answers: Tensor, boxes: Tensor, labels: Tensor
    ) -> None:
        """Add predicted boxes [N, K, 3 or 4] and true ones [N, M, 3 or 4], with their classes."""
        self._batches.append(
            _Batch(corners(detections), confidence, answers, corners(boxes), labels)
        )

    def result(self) -> dict[str, float]:
        """``map50`` (IoU 0.5) and ``map50_95`` (mean over 0.5, 0.55, … 0.95), 0 to 1."""
        # Imported here: it takes more than a second, and only a split's end needs it.
        from torchmetrics.detection import MeanAveragePrecision

        logging.getLogger("faster_coco_eval").setLevel(logging.WARNING)  # it tells of each step
        metric = MeanAveragePrecision(
            box_format="xyxy", backend="faster_coco_eval", sync_on_compute=False
        )
        metric.warn_on_many_detections = False
        for batch in self._batches:
            metric.update(*_as_lists(_Batch(*(part.cpu() for part in batch))))
        precision = metric.compute()
        # It gives -1 where there is nothing to find.
        return {
            "map50": max(0.0, float(precision["map_50"])),
            "map50_95": max(0.0, float(precision["map"])),
        }


def _as_lists(batch: _Batch) -> tuple[list[dict[str, Tensor]], list[dict[str, Tensor]]]:
    kept, real = batch.confidence > 0, batch.labels != NO_OBJECT
    confidence, edges, wanted = batch.confidence.float(), batch.edges.float(), batch.wanted.float()
    found = [
        {"boxes": edges[n, k], "scores": confidence[n, k], "labels": batch.answers[n, k]}
        for n, k in enumerate(torch.unbind(kept))
    ]
    there = [
        {"boxes": wanted[n, r], "labels": batch.labels[n, r]}
        for n, r in enumerate(torch.unbind(real))
    ]
    return found, there
