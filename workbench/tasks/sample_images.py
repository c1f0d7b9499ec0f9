"""Makes sample images with predicted boxes and classes."""

from typing import Literal

import torch
from torch import Tensor

from workbench.detection.boxes import NO_OBJECT, corners
from workbench.runs.store.gallery import GalleryImage, Mark, Pixels, as_pixels
from workbench.tasks import Targets
from workbench.tasks.matching import RankedBoxes, match

CROP = 22  # pixels of the shown crop, as in the study


def show_detections(
    raw: Tensor,
    detections: RankedBoxes,
    targets: Targets,
    classes: tuple[str, ...],
    crops: Tensor | None = None,
) -> list[GalleryImage]:
    """Images uint8 [N, H, W, C] with their true boxes and the predicted ones.

    ``crops`` [N, C, h, w], 0 to 255, are crops of each.
    """
    # Synchronises: images are made by the host, from here on.
    boxes, labels = targets["box"].cpu(), targets["label"].cpu()
    answers = None if detections.classes is None else detections.classes.cpu()
    detections = RankedBoxes(detections.boxes.cpu(), detections.confidence.cpu(), answers)
    matched = match(detections, boxes, labels)
    height, width = raw.shape[1:3]
    scale = torch.tensor([width, height, width, height])
    true_edges, detected_edges = corners(boxes) / scale, corners(detections.boxes) / scale
    images = raw.cpu().numpy()
    shown = []
    for n in range(len(raw)):
        real = matched.real[n]
        ious = matched.iou[n][real].tolist()
        best = matched.answers
        guesses = [] if best is None else best[n, :, 0][real].tolist()
        marks = _marks(true_edges[n][real], "true")
        marks += _marks(
            detected_edges[n][detections.confidence[n] > 0][: max(1, len(ious))], "found"
        )
        shown.append(
            GalleryImage(
                image=images[n],
                truth=", ".join(classes[label] for label in labels[n][real].tolist()),
                answer=", ".join(classes[guess] for guess in guesses),
                is_right=bool(matched.right[n][real].all()),
                note=f"IoU {sum(ious) / max(1, len(ious)):.2f}",
                marks=tuple(marks),
                crop=None if crops is None else _crop(crops[n]),
            )
        )
    return shown


def show_classes(
    raw: Tensor, labels: Tensor, scores: Tensor, classes: tuple[str, ...]
) -> list[GalleryImage]:
    """Images uint8 [N, H, W, C] with their class and the likeliest by logits [N, classes]."""
    confidence, answers = scores.softmax(dim=1).max(dim=1)
    # Synchronises: images are made by the host.
    images, shares = raw.cpu().numpy(), confidence.tolist()
    rows = zip(labels.tolist(), answers.tolist(), strict=True)
    return [
        GalleryImage(
            image=images[n],
            truth=classes[label] if label != NO_OBJECT else "",
            answer=classes[answer],
            is_right=label == answer,
            note=f"{100 * shares[n]:.0f} %",
        )
        for n, (label, answer) in enumerate(rows)
    ]


def _marks(edges: Tensor, role: Literal["true", "found"]) -> list[Mark]:
    rows = edges.tolist()
    return [Mark(left, top, right, bottom, role) for left, top, right, bottom in rows]


def _crop(pixels: Tensor) -> Pixels:
    return as_pixels(pixels.permute(1, 2, 0).float().cpu().numpy())
