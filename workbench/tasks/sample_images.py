"""Makes sample images with true and predicted classes, boxes or masks."""

import colorsys
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from workbench.detection.boxes import NO_OBJECT, corners
from workbench.detection.masks import IGNORED
from workbench.runs.store.gallery import GalleryImage, ImageBox, Pixels, as_pixels
from workbench.tasks import Targets
from workbench.tasks.matching import RankedBoxes, match

MOSTLY = 0.9  # of the pixels, from which on a mask counts as right
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
        drawn = _image_boxes(true_edges[n][real], "true")
        drawn += _image_boxes(
            detected_edges[n][detections.confidence[n] > 0][: max(1, len(ious))], "predicted"
        )
        shown.append(
            GalleryImage(
                image=images[n],
                truth=", ".join(classes[label] for label in labels[n][real].tolist()),
                answer=", ".join(classes[guess] for guess in guesses),
                is_right=bool(matched.right[n][real].all()),
                note=f"IoU {sum(ious) / max(1, len(ious)):.2f}",
                boxes=tuple(drawn),
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


def show_labels(
    raw: Tensor, wanted: Tensor, chances: Tensor, classes: tuple[str, ...], threshold: float
) -> list[GalleryImage]:
    """Images uint8 [N, H, W, C] with their classes (bool [N, classes]) and those predicted."""
    # Synchronises: images are made by the host.
    images, predicted, wanted = raw.cpu().numpy(), (chances >= threshold).cpu(), wanted.cpu()

    def names(row: Tensor) -> str:
        return ", ".join(classes[label] for label in row.nonzero().flatten().tolist()) or "none"

    return [
        GalleryImage(
            image=images[n],
            truth=names(wanted[n]),
            answer=names(predicted[n]),
            is_right=bool((wanted[n] == predicted[n]).all()),
        )
        for n in range(len(raw))
    ]


def show_masks(
    raw: Tensor, wanted: Tensor, answers: Tensor, classes: tuple[str, ...]
) -> list[GalleryImage]:
    """Images uint8 [N, H, W, C] under the predicted masks [N, H, W], the true ones cut out.

    An image counts as right where nine tenths of its pixels are.
    """
    # Synchronises: images are made by the host.
    images, wanted, answers = raw.cpu().numpy(), wanted.cpu(), answers.cpu()
    shown = []
    for n, image in enumerate(images):
        real = wanted[n] != IGNORED
        share = float(((answers[n] == wanted[n]) & real).sum() / real.sum().clamp_min(1))
        present = sorted(set(wanted[n][real].tolist()) - {0})
        shown.append(
            GalleryImage(
                image=tinted(image, answers[n].numpy()),
                truth=", ".join(classes[label] for label in present) or classes[0],
                answer="",
                is_right=share >= MOSTLY,
                note=f"{100 * share:.0f} % of pixels",
                crop=tinted(image, wanted[n].numpy()),
            )
        )
    return shown


def tinted(image: Pixels, mask: Pixels) -> Pixels:
    """An image [H, W, 1 or 3] half under the colours of its mask's classes; class 0 stays."""
    colours = np.array([class_colour(label) for label in range(256)])
    colours[IGNORED] = 0
    seen = np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image
    blend = 0.45 * seen + 0.55 * colours[mask]
    return as_pixels(np.where((mask == 0)[..., None], seen, blend))


def class_colour(label: int) -> tuple[float, float, float]:
    """A colour (0 to 255) for a class: hues apart by the golden angle."""
    red, green, blue = colorsys.hsv_to_rgb(label * 0.618034 % 1, 0.85, 1.0)
    return 255 * red, 255 * green, 255 * blue


def _image_boxes(edges: Tensor, role: Literal["true", "predicted"]) -> list[ImageBox]:
    rows = edges.tolist()
    return [ImageBox(left, top, right, bottom, role) for left, top, right, bottom in rows]


def _crop(pixels: Tensor) -> Pixels:
    return as_pixels(pixels.permute(1, 2, 0).float().cpu().numpy())
