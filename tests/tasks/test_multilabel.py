"""Multi-label metrics against values counted by hand and scikit-learn's."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from sklearn.metrics import average_precision_score
from torch import nn

from workbench.config.presets import load_preset
from workbench.config.sections.task import MultilabelTask
from workbench.tasks.multilabel import Multilabel, average_precision, build, indicators

CLASSES = ("ant", "bee", "cat")
# Three images: ant and cat; bee; nothing.
LABELS = torch.tensor([[0, 2], [1, -1], [-1, -1]])
LOGITS = torch.tensor([[2.0, -2.0, -1.0], [-2.0, 3.0, -2.0], [-1.0, -1.0, 0.5]])


def task(**settings: Any) -> Multilabel:
    return Multilabel(MultilabelTask(**settings), CLASSES, None)


def test_labels_become_a_table() -> None:
    table = indicators(LABELS, 3)
    assert table.tolist() == [[True, False, True], [False, True, False], [False] * 3]


def test_metrics() -> None:
    multilabel = task()
    meter = multilabel.test_meter()
    for rows in (slice(0, 2), slice(2, 3)):
        targets = {"label": LABELS[rows]}
        losses, outputs = multilabel.predict(nn.Identity(), LOGITS[rows], targets)
        meter.update(outputs, targets, losses)
    result = meter.result()

    # Predicted: ant; bee; cat. Only the second image is right as a whole.
    assert (result["correct"], result["total"]) == (1, 3)
    assert result["accuracy"] == pytest.approx(1 / 3)
    counts = {name: tuple(row.values())[:3] for name, row in result["per_class"].items()}
    assert counts == {"ant": (1, 1, 1), "bee": (1, 1, 1), "cat": (0, 1, 1)}
    assert result["per_class"]["cat"]["average_precision"] == 0.5  # second of three
    assert result["mean_average_precision"] == pytest.approx((1 + 1 + 0.5) / 3)
    assert result["f1"] == pytest.approx(2 / 3) == result["micro_f1"]
    assert result["balanced_accuracy"] == pytest.approx(2 / 3)
    wanted = indicators(LABELS, 3).float()
    expected = nn.functional.binary_cross_entropy_with_logits(LOGITS, wanted)
    assert result["loss"] == pytest.approx(float(expected))
    assert meter.worst() == [2, 0]  # by their losses: 0.53 and 0.52


def test_a_threshold_decides_what_is_predicted() -> None:
    multilabel = task(threshold=0.2)
    meter = multilabel.test_meter()
    meter.update(LOGITS, {"label": LABELS}, {"loss": torch.tensor(0.0)})
    assert meter.result()["per_class"]["cat"] == {
        "correct": 1, "total": 1, "predicted": 2, "average_precision": 0.5
    }  # fmt: skip


def test_average_precision_is_scikit_learns_with_ties() -> None:
    draws = torch.Generator().manual_seed(0)
    for _ in range(20):
        chances = torch.randint(0, 6, (30,), generator=draws) / 5
        wanted = torch.rand(30, generator=draws) < 0.3
        wanted[0] = True
        expected = average_precision_score(wanted.numpy(), chances.numpy())
        assert average_precision(chances, wanted) == pytest.approx(expected)


def test_balanced_weights_are_negatives_over_positives() -> None:
    data = SimpleNamespace(classes=CLASSES, class_counts=lambda: [5, 1, 0], size=lambda split: 10)
    config = load_preset("multilabel/smallnet-digits", {"task.class_weights": "balanced"})
    weights = build(config, data, torch.device("cpu")).weights
    assert weights is not None and weights.tolist() == [1, 9, 10]


def test_images_name_what_is_true_and_predicted() -> None:
    raw = torch.zeros(3, 4, 4, 1, dtype=torch.uint8)
    shown = task().images(nn.Identity(), LOGITS, raw, {"label": LABELS})
    assert [(image.truth, image.answer, image.is_right) for image in shown] == [
        ("ant, cat", "ant", False), ("bee", "bee", True), ("none", "cat", False)
    ]  # fmt: skip
