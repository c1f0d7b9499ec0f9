"""Segmentation losses and metrics against values counted by hand."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from workbench.config.sections.task import SegmentationTask
from workbench.tasks.segmentation import Segmentation, dice_loss

CLASSES = ("ground", "dot")
#                     right  wrong   wrong  right; one pixel is ignored
MASKS = torch.tensor([[[0, 0], [1, 1]], [[255, 1], [1, 1]]], dtype=torch.uint8)
ANSWERS = torch.tensor([[[0, 1], [0, 1]], [[0, 1], [1, 1]]])


def logits(answers: Tensor) -> Tensor:
    """[N, 2, H, W] that answer so, sure by 2."""
    return 2.0 * F.one_hot(answers, 2).permute(0, 3, 1, 2).float()


def task(**settings: float) -> Segmentation:
    return Segmentation(SegmentationTask(**settings), CLASSES, None)  # type: ignore[arg-type]


def test_metrics_leave_ignored_pixels_out() -> None:
    segmentation = task()
    meter = segmentation.test_meter()
    for row in range(2):
        targets = {"segment": MASKS[row : row + 1], "label": torch.tensor([[0, 1]])}
        losses, outputs = segmentation.predict(
            nn.Identity(), logits(ANSWERS[row : row + 1]), targets
        )
        meter.update(outputs, targets, losses)
    result = meter.result()

    assert (result["correct"], result["total"]) == (5, 7)
    assert result["accuracy"] == pytest.approx(5 / 7)
    assert result["confusion"] == [[1, 1], [1, 4]]
    assert result["per_class"] == {
        "ground": {"correct": 1, "total": 3, "predicted": 2},
        "dot": {"correct": 4, "total": 6, "predicted": 5},
    }
    assert result["mean_iou"] == pytest.approx((1 / 3 + 4 / 6) / 2)
    assert result["balanced_accuracy"] == pytest.approx((1 / 2 + 4 / 5) / 2)
    assert meter.worst() == [0]


def test_the_loss_is_the_mean_over_pixels_that_count() -> None:
    scores = logits(ANSWERS)
    losses, _ = task().train_step(nn.Identity(), scores, {"segment": MASKS})
    expected = F.cross_entropy(scores, MASKS.long(), ignore_index=255)
    assert losses["loss"] == expected
    nothing = torch.full_like(MASKS, 255)
    assert task().train_step(nn.Identity(), scores, {"segment": nothing})[0]["loss"] == 0


def test_weights_are_those_of_cross_entropy() -> None:
    weights = torch.tensor([1.0, 3.0])
    weighted = Segmentation(SegmentationTask(), CLASSES, weights)
    losses, _ = weighted.train_step(nn.Identity(), logits(ANSWERS), {"segment": MASKS})
    expected = F.cross_entropy(logits(ANSWERS), MASKS.long(), weights, ignore_index=255)
    torch.testing.assert_close(losses["loss"], expected)


def test_dice_is_small_for_the_truth_and_large_for_its_opposite() -> None:
    truth = MASKS.long().clamp_max(1)
    right, wrong = 50 * F.one_hot(truth, 2), 50 * F.one_hot(1 - truth, 2)
    assert dice_loss(right.permute(0, 3, 1, 2).float(), truth) < 1e-6
    # (2·0 + 1) / (a + b + 1) for each class: 2 + 6 pixels are never both
    assert dice_loss(wrong.permute(0, 3, 1, 2).float(), truth) == pytest.approx(1 - 1 / 9)
    losses, _ = task(weight_dice=0.5).train_step(nn.Identity(), logits(ANSWERS), {"segment": MASKS})
    assert losses["loss"] == losses["loss_pixel"] + 0.5 * losses["loss_dice"]


def test_images_show_both_masks() -> None:
    raw = torch.full((2, 2, 2, 3), 100, dtype=torch.uint8)
    shown = task().images(nn.Identity(), logits(ANSWERS), raw, {"segment": MASKS})
    assert [(image.truth, image.is_right, image.note) for image in shown] == [
        ("dot", False, "50 % of pixels"), ("dot", True, "100 % of pixels")
    ]  # fmt: skip
    assert (shown[0].image[0, 0] == 100).all() and (shown[0].image[0, 1] != 100).any()
    assert shown[0].crop is not None and (shown[0].crop[0, 1] == 100).all()
