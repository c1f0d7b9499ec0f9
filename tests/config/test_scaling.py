"""RegNet's quantised-linear rule and compound scaling."""

import pytest

from workbench.config.presets import load_preset
from workbench.config.scaling import compound_scale, quantised_linear
from workbench.errors import ConfigError


@pytest.mark.parametrize(
    ("depth", "w0", "wa", "wm", "group_width", "widths", "blocks"),
    [
        (13, 24, 36.44, 2.49, 8, (24, 56, 152, 368), (1, 1, 4, 7)),  # RegNetX-200MF
        (22, 24, 24.48, 2.54, 16, (32, 64, 160, 384), (1, 2, 7, 12)),  # 400MF
        (16, 48, 36.97, 2.24, 24, (48, 96, 240, 528), (1, 3, 5, 7)),  # 600MF
        (16, 56, 35.73, 2.28, 16, (64, 128, 288, 672), (1, 3, 7, 5)),  # 800MF
        (18, 80, 34.01, 2.25, 24, (72, 168, 408, 912), (2, 4, 10, 2)),  # 1.6GF
        (25, 88, 26.31, 2.25, 48, (96, 192, 432, 1008), (2, 6, 15, 2)),  # 3.2GF
    ],
)
def test_networks_of_the_paper(
    depth: int,
    w0: int,
    wa: float,
    wm: float,
    group_width: int,
    widths: tuple[int, ...],
    blocks: tuple[int, ...],
) -> None:
    stages = quantised_linear(depth, w0, wa, wm, group_width=group_width)

    assert (stages.widths, stages.blocks) == (widths, blocks)


def test_without_group_width_widths_are_multiples_of_8() -> None:
    stages = quantised_linear(20, 20, 17.3, 2.1)

    assert sum(stages.blocks) == 20
    assert all(width % 8 == 0 for width in stages.widths)


def test_compound_scaling_of_study_3() -> None:
    scaled = compound_scale([2, 2, 2, 2], 64, 224, depth_by=1.4, width_by=1.2, resolution_by=1.3)

    assert (scaled.blocks, scaled.width, scaled.resolution) == ([3, 3, 3, 3], 76, 288)


def test_scaled_values_are_changes_of_a_preset() -> None:
    scaled = compound_scale([2, 2, 2, 2], 64, 224, depth_by=1.5, width_by=1.2, resolution_by=1.3)
    config = load_preset("scalable/resnet18-food11", scaled.changes())

    assert config.input_shape == (3, 288, 288)
    assert (config.model.blocks, config.model.width) == ([3, 3, 3, 3], 76)


def test_scaling_down_leaves_one_of_each() -> None:
    scaled = compound_scale([2, 1], 8, 32, depth_by=0.1, width_by=0.1, resolution_by=0.1)

    assert (scaled.blocks, scaled.width, scaled.resolution) == ([1, 1], 4, 32)


@pytest.mark.parametrize("wrong", [0.0, -1.0, float("nan"), float("inf")])
def test_multipliers_must_be_above_0(wrong: float) -> None:
    with pytest.raises(ConfigError, match="width: must be a finite number above 0"):
        compound_scale([1], 8, 32, width_by=wrong)
