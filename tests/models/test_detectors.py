import pytest
import torch
from torch import nn

from workbench.analysis import summarize
from workbench.config import RunConfig, build_config
from workbench.detection.boxes import corners, intersection_over_union
from workbench.errors import ConfigError
from workbench.models import build_model
from workbench.models.rpn import Detections

SMALL = {"channels": [4, 4, 8, 8], "proposal_channels": 8}
TRUE = torch.tensor([[[20.0, 22.0, 24.0]], [[26.0, 25.0, 30.0]]])


def config(kind: str, size: int = 48, **model: object) -> RunConfig:
    small = SMALL | ({"region_channels": 8} if kind == "faster_rcnn" else {})
    return build_config(
        {
            "task": {"kind": "proposals" if kind == "rpn" else "detection"},
            "model": {"kind": kind, **small, **model},
            "data": {"name": "scenes", "source": "digits", "size": size, "classes": 7},
            "train": {"steps": 1},
        }
    )


def build(kind: str, **model: object) -> nn.Module:
    torch.manual_seed(0)
    return build_model(config(kind, **model))


def images() -> torch.Tensor:
    return torch.randn(2, 3, 48, 48, generator=torch.Generator().manual_seed(1))


def loss_of(found: Detections) -> torch.Tensor:
    assert found.logits_given is not None
    return found.scores.square().sum() + found.deltas.square().sum() + found.logits_given.sum()


@pytest.mark.parametrize("unit", ["conv", "separable", "residual"])
@pytest.mark.parametrize("crop", ["transformer", "roi_align"])
def test_gradients_reach_every_parameter_of_the_detector(unit: str, crop: str) -> None:
    network = build("faster_rcnn", unit=unit, crop=crop)

    # The logits differ: their sum alone would leave what is before a norm without a gradient.
    found = network(images(), TRUE)
    weights = torch.arange(14.0).view(2, 1, 7)
    (loss_of(found) + (found.logits_given * weights).sum()).backward()

    for name, parameter in network.named_parameters():
        assert parameter.grad is not None and torch.isfinite(parameter.grad).all(), name
        assert parameter.grad.abs().sum() > 0, name


def test_shapes_in_training_and_in_testing() -> None:
    network = build("faster_rcnn", anchors=[16.0, 32.0], keep=3)

    training = network(images(), TRUE)
    network.eval()
    testing = network(images())

    assert training.scores.shape == (2, 2, 6, 6) and training.deltas.shape == (2, 2, 6, 6, 3)
    assert training.boxes is None and training.logits_given.shape == (2, 1, 7)
    assert testing.boxes.shape == (2, 3, 3) and testing.confidence.shape == (2, 3)
    assert testing.logits.shape == (2, 3, 7) and testing.logits_given is None


def test_the_best_box_is_that_of_the_surest_cell() -> None:
    network = build("rpn").eval()
    found = network(images())

    cell = found.scores.flatten(1).argmax(dim=1)
    deltas = found.deltas.flatten(1, 3)[torch.arange(2), cell]

    x = (cell % 6 + 0.5) * 8 + 32 * deltas[:, 0]
    torch.testing.assert_close(found.boxes[:, 0, 0], x)
    torch.testing.assert_close(found.confidence[:, 0], found.scores.flatten(1).amax(1).sigmoid())


def test_kept_boxes_do_not_overlap_beyond_the_limit() -> None:
    found = build("rpn", keep=6, nms=0.3).eval()(images())

    for boxes, confidence in zip(found.boxes, found.confidence, strict=True):
        kept = boxes[confidence > 0]
        overlap = intersection_over_union(kept[:, None], kept[None]).fill_diagonal_(0)
        assert overlap.max() <= 0.3
        assert confidence.tolist() == sorted(confidence.tolist(), reverse=True)


def test_a_image_s_boxes_do_not_depend_on_its_neighbours() -> None:
    network = build("faster_rcnn", keep=4).eval()

    together, alone = network(images()), network(images()[1:])

    torch.testing.assert_close(together.boxes[1:], alone.boxes)
    torch.testing.assert_close(together.logits[1:], alone.logits)


def test_equal_seeds_give_equal_weights() -> None:
    one, other = build("faster_rcnn").state_dict(), build("faster_rcnn").state_dict()

    assert all(torch.equal(one[name], other[name]) for name in one)


def test_a_size_that_the_cells_do_not_fill_is_refused() -> None:
    plain = config("rpn").model_copy(update={"data": config("rpn").data.model_copy(
        update={"size": 50})})  # fmt: skip
    with pytest.raises(ConfigError, match=r"data\.size: must be a multiple of 8"):
        build_model(plain)


def test_the_layer_table_covers_base_proposals_crop_and_head() -> None:
    table = summarize(config("faster_rcnn"))
    rows = {row["name"]: row for row in table["layers"]}

    assert {name.split(".")[0] for name in rows} >= {"base", "proposals", "crop", "regions"}
    assert rows["proposals.score"]["macs"] == 8 * 36
    # Two dense products: [C·6, 6]·[6, 4], then [4, 6]·[6, C·4].
    assert rows["crop"]["macs"] == 8 * 6 * 6 * 4 + 4 * 6 * 8 * 4
    assert rows["regions.conv"]["macs"] == 8 * 8 * 16
    assert table["uncounted"] == []


def test_torchvision_s_detector_gives_boxes_and_four_losses() -> None:
    torch.manual_seed(0)
    network = build_model(
        build_config(
            {
                "task": {"kind": "detection"},
                "model": {
                    "kind": "torchvision_detector",
                    "name": "fasterrcnn_mobilenet_v3_large_320_fpn",
                    "keep": 5,
                },
                "data": {"name": "coco", "size": 64, "classes": 3, "channels": 1},
                "train": {"steps": 1},
            }
        )
    ).eval()
    norms = {n: b.clone() for n, b in network.named_buffers() if "running" in n}
    image = torch.rand(1, 1, 64, 64)

    box, label = torch.tensor([[[30.0, 30.0, 20.0, 30.0]]]), torch.tensor([[1]])
    losses = network.losses(image, box, label)  # type: ignore[operator]
    found = network(image)

    assert set(losses) == {
        "loss_classifier", "loss_box_reg", "loss_objectness", "loss_rpn_box_reg"
    }  # fmt: skip
    assert found.boxes.shape == (1, 5, 4) and found.labels.max() < 3
    assert (corners(found.boxes)[found.confidence > 0] <= 64.01).all()
    assert not network.training
    assert all(torch.equal(b, norms[n]) for n, b in network.named_buffers() if n in norms)
