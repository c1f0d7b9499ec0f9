"""Scaling rules for depths, widths and resolution: RegNet's and compound scaling."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from workbench.errors import ConfigError


@dataclass(frozen=True)
class Stages:
    """Blocks and channels of each stage of a network."""

    blocks: tuple[int, ...]
    widths: tuple[int, ...]


def quantised_linear(
    depth: int, w0: int, wa: float, wm: float, *, group_width: int = 0, ratio: float = 1.0
) -> Stages:
    """RegNet's rule: block widths on a line, rounded to a few stages.

    Radosavovic et al. 2020 (arXiv:2003.13678), section 3.3: block j has width
    u = w0 + wa·j, which is moved to the nearest w0·wm^s with s a whole number and then to a
    multiple of 8; blocks of one width make a stage. With a ``group_width`` each inner width
    (width ÷ ``ratio``) becomes a multiple of it, and a group is never wider than a stage.
    """
    widths = []
    for block in range(depth):
        line = w0 + wa * block
        power = round(math.log(line / w0) / math.log(wm))
        widths.append(8 * max(1, round(w0 * wm**power / 8)))
    stages = [(width, len(list(run))) for width, run in groupby(widths)]
    return Stages(
        blocks=tuple(blocks for _, blocks in stages),
        widths=tuple(_fit_to_groups(width, group_width, ratio) for width, _ in stages),
    )


def _fit_to_groups(width: int, group_width: int, ratio: float) -> int:
    if not group_width:
        return width
    inner = max(1, round(width / ratio))
    group = min(group_width, inner)
    return round(max(1, round(inner / group)) * group * ratio)


@dataclass(frozen=True)
class Scaled:
    """The result of compound scaling: blocks, channels and resolution."""

    blocks: list[int]
    width: int  # channels of the first stage
    resolution: int  # side of the image, pixels

    def changes(self) -> dict[str, Any]:
        """The scaled values as dotted configuration keys."""
        return {
            "model.blocks": self.blocks,
            "model.width": self.width,
            "data.size": self.resolution,
            "augment.crop": self.resolution,
        }


def compound_scale(
    blocks: Sequence[int],
    width: int,
    resolution: int,
    *,
    depth_by: float = 1.0,
    width_by: float = 1.0,
    resolution_by: float = 1.0,
) -> Scaled:
    """Multiply depth, width and resolution (compound scaling: Tan & Le 2019, arXiv:1905.11946).

    Blocks are rounded to whole ones, at least one; channels to a multiple of 4; the
    resolution to a multiple of 32, so that five halvings come out even. Raises
    :class:`ConfigError` for a multiplier that is not above 0.
    """
    multipliers = {"depth": depth_by, "width": width_by, "resolution": resolution_by}
    wrong = {
        f"--{name}": f"must be a finite number above 0 (got {value})"
        for name, value in multipliers.items()
        if not (math.isfinite(value) and value > 0)
    }
    if wrong:
        raise ConfigError(wrong)
    return Scaled(
        blocks=[max(1, _nearest(count * depth_by)) for count in blocks],
        width=4 * max(1, _nearest(width * width_by / 4)),
        resolution=32 * max(1, _nearest(resolution * resolution_by / 32)),
    )


def _nearest(value: float) -> int:
    """Round to the nearest whole number, halves up (``round`` would take halves to even)."""
    return math.floor(value + 0.5)
