"""Networks on torch's meta device: shapes propagate, nothing is computed or stored."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import nn
from torch._ops import OpOverload
from torch.utils._python_dispatch import TorchDispatchMode

aten = torch.ops.aten


def on_meta(make: Callable[[], nn.Module]) -> nn.Module:
    """Make a network on the meta device."""
    try:
        with torch.device("meta"), ShapesOnly():
            return make()
    except NotImplementedError:
        # Some compute with tensors while they are built (torchvision's RegNet).
        with torch.device("cpu"):
            return make().to("meta")


def run_operator(func: OpOverload, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Run one operator; for meta tensors common ones are computed from shapes, which is faster.

    Torch's own meta kernels for these are written in Python. They take most of the time of
    a run, and the one for ``addmm`` calls ``torch.mm``, which ptflops has patched: it would
    count a linear layer twice, which it does not on a processor.
    """
    first = args[0] if args else None
    if isinstance(first, torch.Tensor) and first.is_meta:
        if func in _IN_PLACE:
            return first
        if func in _OF_ONE_SHAPE:
            return torch.empty_like(first)
        if func is aten.native_batch_norm.default:
            nothing = first.new_empty(0)
            return torch.empty_like(first), nothing, nothing
        if func is aten.addmm.default and args[1].shape[1] == args[2].shape[0]:
            return args[1].new_empty(args[1].shape[0], args[2].shape[1])
    return func(*args, **kwargs)


# Filling a tensor that holds no numbers, and activations in place.
_IN_PLACE = frozenset(
    (
        aten.normal_.default,
        aten.uniform_.default,
        aten.zero_.default,
        aten.fill_.Scalar,
        aten.relu_.default,
        aten.silu_.default,
        aten.hardswish_.default,
        aten.hardsigmoid_.default,
        aten.hardtanh_.default,
    )
)
_OF_ONE_SHAPE = frozenset(
    (
        aten.relu.default,
        aten.silu.default,
        aten.gelu.default,
        aten.sigmoid.default,
        aten.hardswish.default,
        aten.hardsigmoid.default,
    )
)


class ShapesOnly(TorchDispatchMode):
    """A context in which operators run by :func:`run_operator`."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        return run_operator(func, args, kwargs or {})
