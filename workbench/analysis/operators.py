"""The cost of one torch operator: its kind, MACs and other operations.

A MAC is one multiply–accumulate of a convolution or matrix product: output elements ×
kernel area × input channels ÷ groups; adding a bias is none. Everything else is counted
apart, as other operations: one an element for a bias, an activation and element-wise
work, one an input element for pooling, one an output element for interpolation, two an element
for a norm (scale and shift).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor
from torch._ops import OpOverload

Kind = Literal[
    "conv", "linear", "matmul", "norm", "pool", "activation", "elementwise", "other", "uncounted"
]


@dataclass(frozen=True)
class Cost:
    """The cost of one executed operator."""

    name: str  # as people call it: conv2d, batch_norm, relu, …
    kind: Kind
    macs: int = 0
    other_ops: int = 0
    kernel: tuple[int, ...] = ()
    stride: tuple[int, ...] = ()
    groups: int = 0  # 0: does not apply


def cost(operator: OpOverload, arguments: Sequence[Any], result: Any) -> Cost | None:
    """The cost of an executed operator; None for one that only moves or creates data.

    An unknown operator is ``uncounted``, never free.
    """
    name = operator.overloadpacket.__name__.strip("_")
    counted = _MAC_OPERATORS.get(name)
    if counted is not None:
        return counted(arguments, result)
    if operator.is_view or name in _MOVES or not isinstance(_first(result), Tensor):
        return None
    if name in _NORMS:
        return Cost(_NORMS[name], "norm", other_ops=2 * _size(arguments[0]))
    if name in _POOLS:
        return _pool(name, arguments)
    if name.startswith("upsample_"):
        return Cost("interpolate", "other", other_ops=_size(result))
    if name in _ACTIVATIONS:
        return Cost(name, "activation", other_ops=_size(arguments[0]))
    if name in _GLOBAL_POOLS and arguments[0].dim() == 4 and _over_height_and_width(arguments[1:]):
        return Cost(_GLOBAL_POOLS[name], "pool", other_ops=_size(arguments[0]))
    if torch.Tag.pointwise in operator.tags:
        return Cost(name, "elementwise", other_ops=_size(_first(result)))
    if torch.Tag.reduction in operator.tags:
        return Cost(name, "elementwise", other_ops=_size(arguments[0]))
    return Cost(name, "uncounted")


def _convolution(arguments: Sequence[Any], result: Tensor) -> Cost:
    inputs, weight, bias, stride, _, _, transposed, _, groups = arguments[:9]
    # The weight of one output element (one input element, where transposed) covers
    # kernel area × input channels ÷ groups: its first dimension is left out.
    elements = _size(inputs if transposed else result)
    return Cost(
        f"conv{weight.dim() - 2}d",
        "conv",
        macs=elements * math.prod(weight.shape[1:]),
        other_ops=_size(result) if bias is not None else 0,
        kernel=tuple(weight.shape[2:]),
        stride=tuple(stride),
        groups=groups,
    )


def _addmm(arguments: Sequence[Any], result: Tensor) -> Cost:
    return Cost("linear", "linear", _size(result) * arguments[1].shape[-1], _size(result))


def _mm(arguments: Sequence[Any], result: Tensor) -> Cost:
    return Cost("linear", "linear", _size(result) * arguments[0].shape[-1])


def _bmm(arguments: Sequence[Any], result: Tensor) -> Cost:
    return Cost("matmul", "matmul", _size(result) * arguments[0].shape[-1])


def _baddbmm(arguments: Sequence[Any], result: Tensor) -> Cost:
    return Cost("matmul", "matmul", _size(result) * arguments[1].shape[-1], _size(result))


def _attention(arguments: Sequence[Any], result: Any) -> Cost:
    """softmax(q·kᵀ)·v: [.., L, E], [.., S, E], [.., S, V] -> [.., L, V]."""
    query, key, value = arguments[:3]
    scores = math.prod(query.shape[:-1]) * key.shape[-2]
    return Cost("attention", "matmul", scores * (query.shape[-1] + value.shape[-1]), scores)


def _pool(name: str, arguments: Sequence[Any]) -> Cost:
    """Pooling reads each input element once (windows that overlap are not counted twice)."""
    inputs = arguments[0]
    windowed = "adaptive" not in name and len(arguments) > 1
    kernel = tuple(arguments[1]) if windowed else ()
    stride = (tuple(arguments[2]) or kernel) if windowed and len(arguments) > 2 else kernel
    return Cost(_POOLS[name], "pool", other_ops=_size(inputs), kernel=kernel, stride=stride)


def _roi_align(arguments: Sequence[Any], result: Tensor) -> Cost:
    """Four products for each of ``sampling_ratio``² bilinear samples of an output element."""
    height, width, samples = arguments[3:6]
    return Cost(
        "roi_align", "pool", other_ops=4 * samples**2 * _size(result), kernel=(height, width)
    )


def _over_height_and_width(arguments: Sequence[Any]) -> bool:
    dims = arguments[0] if arguments and isinstance(arguments[0], list | tuple) else ()
    return sorted(dim % 4 for dim in dims) == [2, 3]


def _first(result: Any) -> Any:
    return result[0] if isinstance(result, tuple | list) and result else result


def _size(tensor: Tensor) -> int:
    return tensor.numel()


_MAC_OPERATORS: dict[str, Callable[[Sequence[Any], Any], Cost]] = {
    "convolution": _convolution,
    "addmm": _addmm,
    "mm": _mm,
    "bmm": _bmm,
    "baddbmm": _baddbmm,
    "roi_align": _roi_align,
    "scaled_dot_product_flash_attention": _attention,
    "scaled_dot_product_flash_attention_for_cpu": _attention,
    "scaled_dot_product_efficient_attention": _attention,
    "scaled_dot_product_cudnn_attention": _attention,
}
_NORMS = {
    "native_batch_norm": "batch_norm",
    "native_layer_norm": "layer_norm",
    "native_group_norm": "group_norm",
    "fused_rms_norm": "rms_norm",
}
_POOLS = {
    "max_pool2d_with_indices": "max_pool2d",
    "avg_pool2d": "avg_pool2d",
    "adaptive_avg_pool2d": "adaptive_avg_pool2d",
    "adaptive_max_pool2d": "adaptive_max_pool2d",
}
_GLOBAL_POOLS = {"mean": "global_avg_pool", "amax": "global_max_pool"}  # over H and W
_ACTIVATIONS = frozenset(
    """relu silu gelu elu leaky_relu prelu tanh sigmoid hardtanh hardswish hardsigmoid mish celu
    selu softplus softmax log_softmax safe_softmax log_sigmoid_forward""".split()  # noqa: SIM905
)
# Data is made, moved, renamed or chosen by comparing; nothing is computed.
_MOVES = frozenset(
    """clone cat stack as_strided zero set resize constant_pad_nd reflection_pad2d
    replication_pad2d copy to_copy empty empty_like new_empty zeros zeros_like new_zeros ones
    ones_like new_ones full full_like new_full arange linspace scalar_tensor index index_select
    gather embedding roll flip repeat unsafe_view contiguous lift_fresh eye fill slice_scatter
    select_scatter repeat_interleave bernoulli dropout channel_shuffle native_channel_shuffle
    pixel_shuffle pixel_unshuffle im2col index_put nonzero sort topk unique2""".split()  # noqa: SIM905
)
