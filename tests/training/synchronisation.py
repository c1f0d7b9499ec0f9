"""Seeing, on a CPU, what would make the host wait for a GPU.

Reading a tensor's value is a call (``item``, ``tolist``, ``if tensor:``) or an operator whose
output's size depends on values (``nonzero``, ``bincount``, indexing by a mask); so is making
a tensor of numbers on the device, and bringing one there without saying ``non_blocking``. On
a CPU all these cost nothing and look the same as on a GPU.
"""

import sys
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

CALLS: dict[Any, str] = {
    getattr(Tensor, name): name
    for name in (
        *("item", "tolist", "numpy", "cpu", "__bool__", "__int__", "__float__", "__index__"),
        *("__contains__", "__array__"),
    )
}
OPERATORS = frozenset(
    """_local_scalar_dense item is_nonzero equal nonzero bincount masked_select unique2 _unique2
    unique_dim unique_consecutive repeat_interleave histc""".split()  # noqa: SIM905
)


class _Calls(TorchFunctionMode):
    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__()
        self.tell = tell

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func in CALLS:
            self.tell(CALLS[func])
        elif _brings_numbers(func, args, kwargs):
            self.tell(f"{func.__name__} with a device")
        return func(*args, **kwargs)


def _brings_numbers(func: Any, args: Any, kwargs: dict[str, Any]) -> bool:
    if func is Tensor.new_tensor:
        return True
    if func in (torch.tensor, torch.as_tensor):
        return "device" in kwargs and not isinstance(args[0], Tensor)
    if func is Tensor.to and not kwargs.get("non_blocking"):
        there = [*args[1:], *kwargs.values()]
        # torch's own clipping says ``to(device)`` of norms that are on the device already.
        own = sys._getframe(2).f_code.co_filename == torch.nn.utils.clip_grad.__file__
        return not own and any(isinstance(value, torch.device | str) for value in there)
    return False


class _Operators(TorchDispatchMode):
    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__()
        self.tell = tell

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        name = func.overloadpacket.__name__
        if name in OPERATORS or (name in ("index", "index_put", "index_put_") and _masks(args[1])):
            self.tell(name)
        return func(*args, **kwargs or {})


def _masks(indices: Any) -> bool:
    return any(isinstance(i, Tensor) and i.dtype in (torch.bool, torch.uint8) for i in indices)


class Synchronisations:
    """Within it, ``found`` lists what would synchronise, in order."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._modes = (_Calls(self.found.append), _Operators(self.found.append))

    def __enter__(self) -> "Synchronisations":
        for mode in self._modes:
            mode.__enter__()
        return self

    def __exit__(self, *reason: object) -> None:
        for mode in reversed(self._modes):
            mode.__exit__(*reason)
