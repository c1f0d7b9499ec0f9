"""Traces a network: runs it once and lists its operators, a row each, in execution order.

On the meta device only shapes are computed, so that 224×224 costs no more than 8×8. Operators are
recorded where torch dispatches them: ``F.relu`` in a ``forward`` gets a row as ``nn.ReLU`` does.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from workbench.analysis.operators import Cost, Kind, cost
from workbench.models.common.meta import run_operator

# Of the operators inside one module, the one highest here says what the module is.
RANK: tuple[Kind, ...] = (
    "conv", "linear", "matmul", "norm", "pool", "activation", "uncounted", "elementwise", "other"
)  # fmt: skip
SHARED = "shared: its parameters are counted where it runs first"
LOOSE = "used outside of a layer, by functional calls"
UNREACHED = "not reached by the forward pass of evaluation"


@dataclass(frozen=True)
class Row:
    """One operator: a module without children, or a functional call outside of one."""

    name: str  # dotted path of the module; of the caller, with the function, for a functional call
    type: str  # class of the module, or name of the function
    kind: Kind
    output_shape: tuple[int, ...]  # of one image: without the batch dimension
    params: int = 0
    macs: int = 0
    other_ops: int = 0
    kernel: tuple[int, ...] = ()
    stride: tuple[int, ...] = ()
    groups: int = 0  # 0: does not apply
    note: str = ""


@dataclass(frozen=True)
class Trace:
    """The rows of a network, and the element-wise work between them (residual additions)."""

    rows: list[Row]
    elementwise_ops: int

    @property
    def params(self) -> int:
        """Parameters, each counted once."""
        return sum(row.params for row in self.rows)

    @property
    def macs(self) -> int:
        """MACs of one image."""
        return sum(row.macs for row in self.rows)


def trace(network: nn.Module, *inputs: Any) -> Trace:
    """Run ``network`` once on ``inputs`` (a batch of one) in evaluation mode.

    The inputs must be on the network's device. The network is left unchanged.
    """
    tracer = _Tracer(network)
    was_training = network.training
    fast_attention = torch.backends.mha.get_fastpath_enabled()
    with ExitStack() as cleanup:
        cleanup.callback(network.train, was_training)
        # The fused path of nn.MultiheadAttention would hide its matrix products.
        cleanup.callback(torch.backends.mha.set_fastpath_enabled, fast_attention)
        torch.backends.mha.set_fastpath_enabled(False)
        for module in network.modules():
            before = module.register_forward_pre_hook(tracer.enter)
            after = module.register_forward_hook(tracer.leave)
            cleanup.callback(before.remove)
            cleanup.callback(after.remove)
        with torch.no_grad(), tracer:
            network.eval()(*inputs)
    return Trace(tracer.rows + tracer.left_over(), tracer.elementwise_ops)


@dataclass
class _Call:
    """A module that is running; ``costs`` are collected only where it makes one row."""

    module: nn.Module
    name: str
    is_row: bool
    costs: list[Cost] = field(default_factory=list)


class _Tracer(TorchDispatchMode):
    def __init__(self, network: nn.Module) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.rows: list[Row] = []
        self.elementwise_ops = 0
        self._names = {module: name for name, module in network.named_modules()}
        self._parameters = dict(network.named_parameters())
        self._known = set(self._parameters.values())
        self._counted: set[Tensor] = set()
        self._calls: list[_Call] = []
        self._ran: set[str] = set()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        result = run_operator(func, args, kwargs or {})
        found = cost(func, args, result)
        if found is not None:
            self._note(found, args, result)
        return result

    def _note(self, found: Cost, arguments: Sequence[Any], result: Any) -> None:
        inside = next((call for call in self._calls if call.is_row), None)
        if inside is not None:
            inside.costs.append(found)
        elif found.kind == "elementwise":
            self.elementwise_ops += found.other_ops
        else:
            caller = self._calls[-1].name if self._calls else ""
            name = f"{caller}.{found.name}" if caller else found.name
            row = _row(name, found.name, [found], result)
            self.rows.append(replace(row, params=self._count(_own_tensors(arguments))))

    def _count(self, parameters: Iterable[Tensor]) -> int:
        """How many parameters of these no row has counted yet."""
        fresh = self._known.intersection(parameters) - self._counted
        self._counted |= fresh
        return sum(parameter.numel() for parameter in fresh)

    def enter(self, module: nn.Module, arguments: Any) -> None:
        name = self._names[module]
        self._ran.add(name)
        self._calls.append(_Call(module, name, _is_one_operator(module)))

    def leave(self, module: nn.Module, arguments: Any, result: Any) -> None:
        call = self._calls.pop()
        if not call.is_row or any(outer.is_row for outer in self._calls):
            return
        own = list(module.parameters())
        fresh = self._count(own)
        if call.costs or own or isinstance(module, nn.Dropout):
            row = _row(call.name, type(module).__name__, call.costs, result)
            self.rows.append(
                replace(
                    row,
                    params=fresh,
                    note=SHARED if own and not fresh else row.note,
                )
            )

    def left_over(self) -> list[Row]:
        """Rows for parameters that no other row has: they belong to no single operator."""
        return [
            Row(
                name,
                "Parameter",
                "other",
                (),
                parameter.numel(),
                note=LOOSE if name.rpartition(".")[0] in self._ran else UNREACHED,
            )
            for name, parameter in self._parameters.items()
            if parameter not in self._counted
        ]


def _row(name: str, type: str, costs: Sequence[Cost], result: Any) -> Row:
    main = min(costs, key=lambda found: RANK.index(found.kind), default=Cost(type, "other"))
    uncounted = sorted({found.name for found in costs if found.kind == "uncounted"})
    return Row(
        name,
        type,
        main.kind,
        _shape(result),
        macs=sum(found.macs for found in costs),
        other_ops=sum(found.other_ops for found in costs),
        kernel=main.kernel,
        stride=main.stride,
        groups=main.groups,
        note=f"not counted: {', '.join(uncounted)}" if uncounted else "",
    )


def _own_tensors(arguments: Sequence[Any]) -> Iterator[Tensor]:
    """The tensors among an operator's arguments, a view as what it is a view of."""
    for argument in arguments:
        if isinstance(argument, Tensor):
            yield argument if argument._base is None else argument._base


def _is_one_operator(module: nn.Module) -> bool:
    """True for a module that makes one row: torch's own attention, or one without children."""
    return isinstance(module, nn.MultiheadAttention) or next(module.children(), None) is None


def _shape(result: Any) -> tuple[int, ...]:
    """Shape of the first tensor in a module's result, without the batch dimension."""
    if isinstance(result, Tensor):
        return tuple(result.shape[1:])
    values = result.values() if isinstance(result, Mapping) else result
    if isinstance(result, Mapping | list | tuple):
        return next((_shape(value) for value in values if value is not None), ())
    return ()
