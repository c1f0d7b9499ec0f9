"""What a split is told by: top-1, top-3, per class, the confusion matrix, the worst images."""

import itertools

import pytest
import torch
from torch import Tensor

from workbench.tasks.classification import ConfusionMeter

CLASSES = ("ant", "bee", "cat", "dog", "elk")
# Likeliest class first; the place of the label among them is plain to see.
RANKED = [
    ([0, 1, 2, 3, 4], 0),  # first
    ([1, 0, 2, 3, 4], 0),  # second
    ([2, 1, 0, 3, 4], 0),  # third
    ([3, 2, 1, 0, 4], 0),  # fourth
    ([4, 0, 1, 2, 3], 3),  # last
    ([1, 2, 3, 4, 0], 1),  # first
    ([0, 1, 2, 3, 4], 2),  # third
]


def logits(order: list[int]) -> Tensor:
    """Scores by which ``order`` is the order of the classes."""
    scores = torch.zeros(len(order))
    scores[order] = torch.arange(len(order), 0, -1).float()
    return scores


def measured(ranked: list[tuple[list[int], int]], *cuts: int) -> ConfusionMeter:
    """A meter that took these images in, in batches cut at ``cuts``."""
    meter = ConfusionMeter(CLASSES)
    bounds = [0, *cuts, len(ranked)]
    for start, stop in itertools.pairwise(bounds):
        outputs = torch.stack([logits(order) for order, _ in ranked[start:stop]])
        labels = torch.tensor([label for _, label in ranked[start:stop]])
        loss = torch.nn.functional.cross_entropy(outputs, labels)
        meter.update(outputs, {"label": labels}, {"loss": loss})
    return meter


@pytest.mark.parametrize("cuts", [(), (3,), (1, 2, 6)])
def test_top_3_counts_the_label_among_the_three_likeliest(cuts: tuple[int, ...]) -> None:
    found = measured(RANKED, *cuts).result()
    among = sum(order.index(label) < 3 for order, label in RANKED)
    assert among == 5
    assert (found["top3_correct"], found["top3_accuracy"]) == (5, 5 / 7)
    assert (found["correct"], found["total"], found["accuracy"]) == (2, 7, 2 / 7)


@pytest.mark.parametrize("cuts", [(), (4,)])
def test_the_matrix_has_the_truth_in_rows(cuts: tuple[int, ...]) -> None:
    found = measured(RANKED, *cuts).result()
    assert found["confusion"] == [
        [1, 1, 1, 1, 0],
        [0, 1, 0, 0, 0],
        [1, 0, 0, 0, 0],
        [0, 0, 0, 0, 1],
        [0, 0, 0, 0, 0],
    ]
    assert found["per_class"]["ant"] == {"correct": 1, "total": 4, "predicted": 2}
    assert found["per_class"]["elk"] == {"correct": 0, "total": 0, "predicted": 1}
    # Of the four classes that occur; one that does not occur says nothing.
    assert found["balanced_accuracy"] == pytest.approx((1 / 4 + 1 + 0 + 0) / 4)


def test_the_worst_are_wrong_and_the_furthest_first() -> None:
    # Rows 4 (last place), 3 (fourth), then those in third place; right answers never.
    worst = measured(RANKED, 3).worst()
    assert worst[:2] == [4, 3]
    assert set(worst) == {1, 2, 3, 4, 6}


@pytest.mark.parametrize("count", [3, 4])
def test_top_3_of_three_classes_says_nothing_and_is_left_out(count: int) -> None:
    meter = ConfusionMeter(CLASSES[:count])
    labels = torch.arange(count)
    meter.update(torch.eye(count), {"label": labels}, {"loss": torch.tensor(0.5)})
    found = meter.result()
    assert ("top3_accuracy" in found) == ("top3_correct" in found) == (count == 4)
    assert found["accuracy"] == 1.0


@pytest.mark.parametrize("count", [100, 101])
def test_the_matrix_is_left_out_above_a_hundred_classes(count: int) -> None:
    meter = ConfusionMeter(tuple(f"c{number}" for number in range(count)))
    labels = torch.arange(count)
    meter.update(torch.eye(count), {"label": labels}, {"loss": torch.tensor(0.5)})
    found = meter.result()
    assert ("confusion" in found) == (count == 100)
    assert len(found["per_class"]) == count


def test_a_split_without_images_has_no_counts() -> None:
    assert ConfusionMeter(CLASSES).result() == {"loss": 0.0, "accuracy": 0.0}
