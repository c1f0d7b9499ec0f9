"""ptflops' count of a network, compared with our own."""

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

from workbench.analysis.trace import Row, Trace
from workbench.models.common.meta import ShapesOnly

CONVENTION = (
    "ptflops, pytorch backend: beside MACs it adds one operation an output element for a bias, "
    "two an element for a norm, one an input element for pooling and activations; ReLU, ELU, "
    "GELU and pooling modules count twice (as a module and as the function that it calls), "
    "torch.relu and tensor methods not at all"
)
# How often ptflops counts the other operations of a module of this class.
_MODULES = {
    **dict.fromkeys(("Conv1d", "Conv2d", "Conv3d", "Linear"), 1.0),
    **dict.fromkeys(("BatchNorm1d", "BatchNorm2d", "BatchNorm3d"), 1.0),
    **dict.fromkeys(("LayerNorm", "GroupNorm"), 0.5),  # it misses their affine part
    **dict.fromkeys(("ReLU", "ELU", "GELU"), 2.0),
    **dict.fromkeys(("SiLU", "LeakyReLU", "ReLU6", "Softmax"), 1.0),
    **dict.fromkeys(("MaxPool2d", "AvgPool2d", "AdaptiveAvgPool2d", "AdaptiveMaxPool2d"), 2.0),
}
# Functions that it counts once when they are called through torch.nn.functional, else never.
_FUNCTIONS = frozenset(
    ("relu", "elu", "gelu", "silu", "softmax", "max_pool2d", "avg_pool2d", "adaptive_avg_pool2d",
     "global_avg_pool", "interpolate")
)  # fmt: skip


@dataclass(frozen=True)
class PtflopsCount:
    """ptflops' counts; ``unexplained`` is the difference that its conventions do not explain."""

    macs: int | None  # None: ptflops could not run the network
    params: int | None
    unexplained: int
    note: str


def ptflops_count(network: nn.Module, shape: tuple[int, int, int], ours: Trace) -> PtflopsCount:
    """Count ``network`` ([C, H, W] input, any device) with ptflops and explain the difference."""
    macs, params = _ask(network, shape)
    if macs is None or params is None:
        return PtflopsCount(None, None, 0, "ptflops cannot run this network")
    low, high = expected(ours.rows)
    unexplained = min(0, macs - low) + max(0, macs - high)
    return PtflopsCount(macs, params, unexplained, _explain(unexplained, params, ours))


def expected(rows: Sequence[Row]) -> tuple[int, int]:
    """The least and the most MACs that ptflops would count for these rows."""
    low = sum(row.macs + round(row.other_ops * _MODULES.get(row.type, 0.0)) for row in rows)
    return low, low + sum(row.other_ops for row in rows if row.type in _FUNCTIONS)


def _explain(unexplained: int, params: int, ours: Trace) -> str:
    parts = []
    if unexplained:
        functional = [row.type for row in ours.rows if row.kind in ("linear", "conv", "matmul")]
        unseen = sorted({kind for kind in functional if kind not in _MODULES})
        reason = (
            f"it counts by module class and does not see {', '.join(unseen)} as we do"
            if unseen
            else "it counts some element-wise work that we keep apart"
        )
        parts.append(f"{unexplained:+,} operations beyond what its conventions explain: {reason}")
    if params != ours.params:
        parts.append(f"it counts trainable parameters only: {params:,} of {ours.params:,}")
    return "; ".join(parts)


def _ask(network: nn.Module, shape: tuple[int, int, int]) -> tuple[int | None, int | None]:
    # Imported here: it takes more than a second, most of it torchvision's.
    from ptflops import get_model_complexity_info

    was_training = network.training
    # It prints its troubles; what it could not find comes back as None.
    silence = contextlib.redirect_stdout(io.StringIO())
    with silence, torch.no_grad(), ShapesOnly():
        macs, params = get_model_complexity_info(
            network, shape, print_per_layer_stat=False, as_strings=False, backend="pytorch"
        )
    network.train(was_training)
    return macs, params
