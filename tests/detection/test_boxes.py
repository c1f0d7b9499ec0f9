import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from workbench.detection.boxes import (
    BACKGROUND,
    IGNORED,
    OBJECT,
    anchor_grid,
    cell_centres,
    corners,
    decode,
    encode,
    intersection_over_union,
    proposal_mask,
    proposal_targets,
    squares,
)

ONE = torch.zeros(1, 1, dtype=torch.int64)  # the label of one object in one image
places = st.floats(0, 48)
widths = st.floats(4, 64)


@given(places, places, widths, places, places, widths)
def test_decoding_undoes_encoding(
    x: float, y: float, w: float, ax: float, ay: float, aw: float
) -> None:
    box, anchor = torch.tensor([[x, y, w], [ax, ay, aw]], dtype=torch.float64)

    assert decode(encode(box, anchor), anchor).tolist() == pytest.approx([x, y, w], abs=1e-9)


def test_encoding_is_the_study_s() -> None:
    found = encode(torch.tensor([20.0, 30.0, 16.0]), torch.tensor([28.0, 28.0, 32.0]))

    assert found.tolist() == pytest.approx([-8 / 32, 2 / 32, math.log(0.5)])


def test_decoding_stays_finite_whatever_a_network_asks_for() -> None:
    wild = decode(torch.tensor([0.0, 0.0, 1e4]), torch.tensor([24.0, 24.0, 32.0]))

    assert torch.isfinite(wild).all()


def test_corners_of_a_square_and_of_a_rectangle() -> None:
    assert corners(torch.tensor([10.0, 20.0, 4.0])).tolist() == [8, 18, 12, 22]
    assert corners(torch.tensor([10.0, 20.0, 4.0, 6.0])).tolist() == [8, 17, 12, 23]
    assert squares(torch.tensor([10.0, 20.0, 4.0, 6.0])).tolist() == [10, 20, 6]


def test_intersection_over_union_of_known_boxes() -> None:
    box = torch.tensor([10.0, 10.0, 8.0])
    others = torch.tensor([[10.0, 10.0, 8.0], [14.0, 10.0, 8.0], [10.0, 10.0, 4.0], [40.0, 10, 8]])

    shares = intersection_over_union(box, others).tolist()

    assert shares == pytest.approx([1, 1 / 3, 1 / 4, 0])


def test_mask_of_a_box_on_the_grid_s_lines() -> None:
    # From 8 to 40 in both directions: 4 × 4 whole cells, and no border runs through any.
    mask = proposal_mask(torch.tensor([[[24.0, 24.0, 32.0]]]), ONE, 6)[0]

    assert (mask == OBJECT).sum() == 16 and (mask == IGNORED).sum() == 0
    assert (mask[1:5, 1:5] == OBJECT).all()


def test_mask_leaves_out_the_cells_that_the_border_runs_through() -> None:
    # From 12 to 36: cells 2 and 3 are whole, 1 and 4 are cut.
    mask = proposal_mask(torch.tensor([[[24.0, 24.0, 24.0]]]), ONE, 6)[0].tolist()

    assert mask == [
        [0, 0, 0, 0, 0, 0],
        [0, 2, 2, 2, 2, 0],
        [0, 2, 1, 1, 2, 0],
        [0, 2, 1, 1, 2, 0],
        [0, 2, 2, 2, 2, 0],
        [0, 0, 0, 0, 0, 0],
    ]


def test_a_box_smaller_than_a_cell_has_the_cell_of_its_centre() -> None:
    mask = proposal_mask(torch.tensor([[[20.0, 9.0, 5.0]]]), ONE, 6)[0]

    assert (mask == OBJECT).nonzero().tolist() == [[1, 2]]


def test_a_place_without_an_object_leaves_no_trace() -> None:
    box = torch.tensor([[[24.0, 24.0, 24.0]]])

    assert (proposal_mask(box, torch.tensor([[-1]]), 6) == BACKGROUND).all()


def test_targets_give_a_contested_cell_to_the_object_on_top() -> None:
    boxes = torch.tensor([[[24.0, 24.0, 32.0], [32.0, 24.0, 32.0]]])
    labels = torch.tensor([[3, 4]])
    anchors = anchor_grid([32.0], 6, boxes)
    wanted = proposal_targets(boxes, labels, proposal_mask(boxes, labels, 6), anchors)

    found = decode(wanted.deltas, anchors)[0, 0]  # [cells, cells, 3]

    assert found[2, 1].tolist() == pytest.approx([24, 24, 32])  # only the first covers it
    assert found[2, 3].tolist() == pytest.approx([32, 24, 32])  # both cover it


def test_of_several_anchors_the_nearest_in_width_has_the_object() -> None:
    boxes, labels = torch.tensor([[[24.0, 24.0, 32.0]]]), ONE
    anchors = anchor_grid([16.0, 26.0, 34.0], 6, boxes)
    wanted = proposal_targets(boxes, labels, proposal_mask(boxes, labels, 6), anchors)

    # 34 is nearest; 26 is within a factor of 1.5 and left out; 16 is not, and background.
    assert wanted.mask[0, :, 2, 2].tolist() == [BACKGROUND, IGNORED, OBJECT]
    assert (wanted.mask[0, :, 0, 0] == BACKGROUND).all()


def test_cells_are_eight_pixels_wide() -> None:
    centres = cell_centres(6, torch.zeros(1))

    assert centres[0, 0].tolist() == [4, 4] and centres[0, 5].tolist() == [44, 4]
