"""Rows and MACs of small networks that are counted by hand."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from workbench.analysis import Row, count, trace


def rows(network: nn.Module, *shape: int) -> list[Row]:
    return trace(network, torch.zeros(1, *shape)).rows


@pytest.mark.parametrize(
    ("conv", "macs", "params"),
    [
        (nn.Conv2d(4, 6, 3, padding=1), 6 * 8 * 8 * 9 * 4, 6 * 4 * 9 + 6),
        (nn.Conv2d(4, 6, 3, stride=2, bias=False), 6 * 3 * 3 * 9 * 4, 6 * 4 * 9),
        (nn.Conv2d(4, 8, 3, padding=1, groups=2), 8 * 8 * 8 * 9 * 2, 8 * 2 * 9 + 8),
        (nn.Conv2d(4, 4, 5, padding=2, groups=4), 4 * 8 * 8 * 25, 4 * 25 + 4),  # depthwise
        (nn.Conv2d(4, 6, (1, 3), dilation=2), 6 * 8 * 4 * 3 * 4, 6 * 4 * 3 + 6),
        (nn.ConvTranspose2d(4, 6, 2, stride=2), 4 * 8 * 8 * 6 * 4, 4 * 6 * 4 + 6),
    ],
)
def test_convolutions(conv: nn.Module, macs: int, params: int) -> None:
    (row,) = rows(conv, 4, 8, 8)

    assert (row.kind, row.macs, row.params) == ("conv", macs, params)


@pytest.mark.parametrize("shape", [(12,), (5, 12)])
def test_linear_counts_each_position(shape: tuple[int, ...]) -> None:
    (row,) = rows(nn.Linear(12, 7), *shape)

    assert (row.kind, row.params) == ("linear", 12 * 7 + 7)
    assert row.macs == 12 * 7 * (5 if len(shape) == 2 else 1)


@pytest.mark.parametrize(
    ("module", "kind", "other_ops"),
    [
        (nn.BatchNorm2d(4), "norm", 2 * 256),
        (nn.GroupNorm(2, 4), "norm", 2 * 256),
        (nn.LayerNorm(8), "norm", 2 * 256),
        (nn.ReLU(), "activation", 256),
        (nn.SiLU(inplace=True), "activation", 256),
        (nn.Softmax(1), "activation", 256),
        (nn.MaxPool2d(2), "pool", 256),
        (nn.AvgPool2d(2), "pool", 256),
        (nn.AdaptiveAvgPool2d(1), "pool", 256),
        (nn.AdaptiveAvgPool2d(3), "pool", 256),
    ],
)
def test_other_work_is_no_mac(module: nn.Module, kind: str, other_ops: int) -> None:
    (row,) = rows(module, 4, 8, 8)

    assert (row.kind, row.macs, row.other_ops) == (kind, 0, other_ops)


class Functional(nn.Module):
    """Everything by functions, nothing by modules."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(6, 4, 3, 3))

    def forward(self, x: Tensor) -> Tensor:
        y = F.max_pool2d(F.relu(F.conv2d(x, self.weight)), 2)
        return y.mean((2, 3)) + 1


class Outer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.ModuleDict({"part": nn.Identity()})
        self.body = Functional()
        self.body.add_module("unused", nn.Identity())  # so that the body has children

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.body(x)
        return y


def test_functional_calls_have_rows_of_their_own() -> None:
    found = trace(Outer(), torch.zeros(1, 4, 8, 8))

    assert [(row.name, row.kind) for row in found.rows] == [
        ("body.conv2d", "conv"),
        ("body.relu", "activation"),
        ("body.max_pool2d", "pool"),
        ("body.global_avg_pool", "pool"),
    ]
    assert found.rows[0].macs == 6 * 6 * 6 * 9 * 4
    assert found.params == 6 * 4 * 9
    assert found.elementwise_ops == 6  # the + 1


class Shared(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv(self.conv(x))
        return y


def test_a_shared_module_has_its_parameters_once_and_its_macs_each_time() -> None:
    first, second = rows(Shared(), 4, 2, 2)

    assert (first.params, second.params) == (16, 0)
    assert first.macs == second.macs == 64
    assert "shared" in second.note and not first.note


class Loose(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(4))
        self.linear = nn.Linear(4, 2)
        self.never = nn.Linear(2, 2)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.linear(x * self.scale)
        return y


def test_parameters_of_no_operator_are_listed_with_a_reason() -> None:
    found = trace(Loose(), torch.zeros(1, 4))

    assert found.params == 4 + 10 + 6
    notes = {row.name: row.note for row in found.rows}
    assert "used outside of a layer" in notes["scale"]
    assert "not reached" in notes["never.weight"]
    assert notes["linear"] == ""


class Sorting(nn.Module):
    def __init__(self, then: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)
        self.then = then

    def forward(self, x: Tensor) -> Tensor:
        return self.then(self.linear(x))


def test_an_unknown_operator_is_marked_and_never_free() -> None:
    found = rows(Sorting(lambda x: torch.cdist(x, x)), 4)

    assert found[-1].kind == "uncounted"
    assert "not counted: cdist" in found[-1].note


def test_attention_counts_its_projections_and_products() -> None:
    class Attention(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

        def forward(self, x: Tensor) -> Tensor:
            y: Tensor = self.attention(x, x, x)[0]
            return y

    (row,) = rows(Attention(), 5, 8)

    projections = 5 * 8 * 24 + 5 * 8 * 8
    products = 2 * (5 * 5 * 4) * 2  # q·kᵀ and its product with v, two heads of width 4
    assert row.macs == projections + products
    assert row.params == 8 * 24 + 24 + 8 * 8 + 8


def test_the_meta_device_counts_as_a_processor_does() -> None:
    def make() -> nn.Module:
        return nn.Sequential(
            nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(inplace=True), nn.MaxPool2d(2),
            nn.Conv2d(8, 4, 1, groups=2), nn.Hardswish(), nn.Flatten(), nn.Linear(36, 5),
        )  # fmt: skip

    on_processor = count(make(), (3, 8, 8))
    with torch.device("meta"):
        network = make()

    assert count(network, (3, 8, 8)) == on_processor


def test_the_network_is_left_as_it_was() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.Dropout(0.5)).train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}

    trace(network, torch.ones(1, 3, 4, 4))

    assert network.training and network[1].training
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network)


def test_a_forward_that_fails_leaves_no_hooks() -> None:
    network = nn.Sequential(nn.Linear(4, 4))
    with pytest.raises(RuntimeError):
        trace(network, torch.zeros(1, 5))

    assert not network[0]._forward_hooks
