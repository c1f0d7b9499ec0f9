"""Losses and metrics of proposals and detection on answers that are known."""

import math
from typing import Any

import pytest
import torch

from workbench.config import RunConfig, build_config
from workbench.detection.boxes import anchor_grid, proposal_mask, proposal_targets
from workbench.models.rpn import Detections
from workbench.models.torchvision_detector import BoxPredictions
from workbench.tasks import Targets, Task, build_task
from workbench.tasks.detection import Detection, _ranked_boxes
from workbench.tasks.meters import MeanMeter
from workbench.tasks.proposals import Proposals
from workbench.tasks.torchvision_boxes import TorchvisionBoxes

CPU = torch.device("cpu")
BOXES = torch.tensor([[[24.0, 24.0, 32.0]], [[18.0, 20.0, 20.0]]])
LABELS = torch.tensor([[2], [0]])


class Facts:
    """What a task knows of the data."""

    classes = ("cat", "dog", "ship", "frog")

    def class_counts(self, split: str = "train") -> list[int]:
        return [1, 1, 1, 1]


def config(task: str, **settings: Any) -> RunConfig:
    return build_config(
        {
            "task": {"kind": task, **settings},
            "model": {"kind": "rpn" if task == "proposals" else "faster_rcnn"},
            "data": {"name": "scenes"},
            "train": {"steps": 1},
        }
    )


def targets() -> Targets:
    return {"box": BOXES, "label": LABELS, "mask": proposal_mask(BOXES, LABELS, 6)}


def perfect(sure: float = 20.0) -> Detections:
    """The answer that a network should give."""
    anchors = anchor_grid([32.0], 6, BOXES)
    wanted = proposal_targets(BOXES, LABELS, targets()["mask"], anchors)
    scores = torch.where(wanted.mask == 1, sure, -sure)
    logits = 30 * torch.nn.functional.one_hot(LABELS, 4).float()
    confidence = torch.full((2, 1), 0.9)
    return Detections(scores, wanted.deltas, BOXES, confidence, logits, logits)


def proposals(**settings: Any) -> Proposals:
    task = build_task(config("proposals", **settings), Facts(), CPU)
    assert isinstance(task, Proposals)
    return task


def detection(**settings: Any) -> Detection:
    task = build_task(config("detection", **settings), Facts(), CPU)
    assert isinstance(task, Detection)
    return task


def eval_model(task: Task, found: Detections) -> dict[str, Any]:
    meter = task.test_meter()
    assert isinstance(task, Proposals)
    losses, proposed = task.losses(found, targets())
    meter.update(proposed, targets(), losses)
    return meter.result()


def test_the_perfect_answer_has_no_loss() -> None:
    losses, _ = proposals().losses(perfect(), targets())

    assert losses["loss"].item() == pytest.approx(0, abs=1e-6)


def test_ignored_cells_do_not_count() -> None:
    ignored = targets()["mask"][:, None] == 2
    right = perfect()
    wrong = right._replace(scores=torch.where(ignored, 99.0, right.scores))

    losses, proposed = proposals().losses(wrong, targets())
    meter = proposals().train_meter()
    meter.update(proposed, targets(), losses)

    assert losses["loss_proposal"].item() == pytest.approx(0, abs=1e-6)
    assert meter.result()["accuracy"] == 1


def test_cross_entropy_is_the_mean_over_the_cells_that_count() -> None:
    undecided = perfect()._replace(scores=torch.zeros(2, 1, 6, 6))

    losses, _ = proposals().losses(undecided, targets())

    assert losses["loss_proposal"].item() == pytest.approx(math.log(2))


def test_box_loss_is_smooth_l1_over_the_cells_with_an_object() -> None:
    is_object = (targets()["mask"] == 1)[:, None, ..., None]
    # Off by 0.2 where there is an object, by anything elsewhere.
    off = torch.where(is_object, 0.2, 50.0)
    answer = perfect()._replace(deltas=perfect().deltas + off)

    losses, _ = proposals().losses(answer, targets())

    assert losses["loss_box"].item() == pytest.approx(0.2**2 / 2)


def test_weights_of_the_configuration_make_the_sum() -> None:
    answer = perfect(1.0)._replace(deltas=perfect().deltas + 0.1)

    losses, _ = proposals(weight_proposal=3, weight_box=7).losses(answer, targets())

    wanted = 3 * losses["loss_proposal"] + 7 * losses["loss_box"]
    assert losses["loss"].item() == pytest.approx(wanted.item())


def test_detection_adds_the_class_loss_and_says_each() -> None:
    class Fixed(torch.nn.Module):
        def forward(self, images: torch.Tensor, boxes: torch.Tensor) -> Detections:
            assert torch.equal(boxes, BOXES)  # the true box while training
            return perfect()._replace(logits_given=torch.zeros(2, 1, 4))

    losses, _ = detection(weight_class=2).train_step(Fixed(), torch.zeros(2, 3, 48, 48), targets())

    assert set(losses) == {"loss", "loss_proposal", "loss_box", "loss_class"}
    assert losses["loss_class"].item() == pytest.approx(math.log(4))
    assert losses["loss"].item() == pytest.approx(2 * math.log(4), abs=1e-5)


def test_perfect_boxes_and_classes_have_perfect_metrics() -> None:
    numbers = eval_model(detection(), perfect())

    for name in ("accuracy", "accuracy_true_box", "proposal_accuracy", "box_iou", "found",
                 "map50", "map50_95", "top3_accuracy", "balanced_accuracy"):  # fmt: skip
        assert numbers[name] == pytest.approx(1), name
    assert (numbers["correct"], numbers["total"]) == (2, 2)
    assert numbers["per_class"]["ship"] == {"correct": 1, "total": 1, "predicted": 1}
    assert numbers["confusion"][2] == [0, 0, 1, 0]


def test_a_wrong_class_costs_accuracy_but_no_iou() -> None:
    logits = perfect().logits
    assert logits is not None
    numbers = eval_model(detection(), perfect()._replace(logits=logits.roll(1, dims=2)))

    assert numbers["accuracy"] == 0 and numbers["map50"] == 0
    assert numbers["accuracy_true_box"] == 1 and numbers["box_iou"] == pytest.approx(1)
    assert numbers["confusion"][2] == [0, 0, 0, 1]


def test_precision_counts_how_well_a_box_fits() -> None:
    # Shifted by a fifth of its side: IoU (0.8 / 1.2) = 0.667, right up to the threshold 0.65.
    shifted = BOXES + torch.tensor([[[0.2, 0.0, 0.0]]]) * BOXES[..., 2:]
    numbers = eval_model(detection(), perfect()._replace(boxes=shifted))

    assert numbers["box_iou"] == pytest.approx(2 / 3, abs=1e-4)
    assert numbers["map50"] == pytest.approx(1)
    assert numbers["map50_95"] == pytest.approx(0.4)


def test_proposals_are_judged_by_place_alone() -> None:
    far = BOXES.clone()
    far[1, 0, 0] = 40.0
    numbers = eval_model(proposals(), perfect()._replace(boxes=far))

    assert numbers["found"] == 0.5
    assert numbers["correct"] == numbers["total"] == (targets()["mask"] != 2).sum()  # cells
    assert numbers["per_class"]["ship"]["correct"] == 1
    assert numbers["per_class"]["cat"]["correct"] == 0
    assert "confusion" not in numbers


def test_the_worst_images_are_the_wrong_ones_in_order() -> None:
    far = BOXES.clone()
    far[0, 0, 0] += 30.0
    far[1, 0, 0] += 12.0
    task = proposals()
    meter = task.test_meter()
    for answer in (perfect(), perfect()._replace(boxes=far)):
        losses, proposed = task.losses(answer, targets())
        meter.update(proposed, targets(), losses)

    assert meter.worst() == [2, 3]


def test_a_meter_goes_on_from_a_checkpoint() -> None:
    task = detection()
    losses, proposed = task.losses(perfect(1.0), targets())
    whole, first, second = task.train_meter(), task.train_meter(), task.train_meter()
    for meter in (whole, whole, first):
        meter.update(proposed, targets(), losses)
    second.load(first.state())
    second.update(proposed, targets(), losses)

    assert second.result() == whole.result()


def test_counts_are_of_all_batches() -> None:
    task = detection()
    meter = task.test_meter()
    losses, proposed = task.losses(perfect(), targets())
    for _ in range(3):
        meter.update(proposed, targets(), losses)
    numbers = meter.result()

    assert (numbers["correct"], numbers["total"]) == (6, 6)
    assert numbers["per_class"]["ship"] == {"correct": 3, "total": 3, "predicted": 3}
    assert numbers["confusion"][2] == [0, 0, 3, 0]


def test_a_box_is_as_sure_as_that_there_is_an_object_and_of_its_likeliest_class() -> None:
    chances = torch.tensor([0.05, 0.15, 0.7, 0.1]).expand(2, 1, 4)

    ranked = _ranked_boxes(perfect()._replace(logits=chances.log()))

    assert ranked.confidence.tolist() == [[pytest.approx(0.9 * 0.7)]] * 2
    assert ranked.classes is not None and ranked.classes[0, 0].tolist() == [2, 1, 3]


def test_before_the_first_batch_there_is_no_loss_and_no_accuracy() -> None:
    assert MeanMeter().result() == {"loss": 0.0, "accuracy": None}


def test_places_without_an_object_cost_nothing() -> None:
    padded = {
        "box": torch.cat([BOXES, torch.zeros(2, 2, 3)], dim=1),
        "label": torch.cat([LABELS, torch.full((2, 2), -1)], dim=1),
    }
    padded["mask"] = proposal_mask(padded["box"], padded["label"], 6)
    task = detection()
    meter = task.test_meter()
    losses, proposed = task.losses(perfect()._replace(logits_given=torch.zeros(2, 3, 4)), padded)
    meter.update(proposed, padded, losses)
    numbers = meter.result()

    assert losses["loss"].item() == pytest.approx(0, abs=1e-6)
    assert numbers["total"] == 2 and numbers["accuracy"] == 1 and numbers["map50"] == 1


def test_images_show_boxes_and_answers() -> None:
    class Fixed(torch.nn.Module):
        def forward(self, images: torch.Tensor) -> Detections:
            logits = perfect().logits
            assert logits is not None
            return perfect()._replace(logits=logits.roll(1, dims=0))

    raw = torch.arange(48, dtype=torch.uint8).view(1, 1, 48, 1).expand(2, 48, 48, 3)
    shown = detection().images(Fixed(), torch.zeros(2, 3, 48, 48), raw, targets())

    assert [(p.truth, p.answer, p.is_right) for p in shown] == [
        ("ship", "cat", False),
        ("cat", "ship", False),
    ]
    assert [box.role for box in shown[0].boxes] == ["true", "predicted"]
    assert (shown[0].boxes[0].left, shown[0].boxes[0].right) == pytest.approx((8 / 48, 40 / 48))
    crop = shown[0].crop
    assert crop is not None and crop.shape == (22, 22, 3)
    assert crop[0, 0, 0] == round(8 + 0.5 * 32 / 22 - 0.5)  # columns count from 8 to 40


def test_what_torchvision_s_detectors_do_not_say_while_training_is_none_and_no_zero() -> None:
    task = TorchvisionBoxes(Facts.classes)
    losses = {"loss": torch.tensor(3.0), "loss_class": torch.tensor(1.0)}
    training, testing = task.train_meter(), task.test_meter()
    training.update(None, targets(), losses)
    testing.update(BoxPredictions(BOXES, torch.full((2, 1), 0.9), LABELS), targets(), losses)

    assert training.result() == {"loss": 3.0, "loss_class": 1.0, "accuracy": None}
    assert testing.result()["accuracy"] == 1.0
    assert testing.result()["loss"] == 3.0
