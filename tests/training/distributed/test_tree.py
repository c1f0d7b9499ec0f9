"""Sums in pairs: the same bits however the terms are spread."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import torch
from torch import Tensor

from workbench.training.distributed.tree import TreeSum, sum_over_pairs


def terms(count: int) -> list[Tensor]:
    """Numbers whose sum depends on the order in which they are added."""
    draws = torch.Generator().manual_seed(1)
    return [torch.randn(64, generator=draws) * 10.0 ** (n % 5) for n in range(count)]


def summed(each: list[Tensor]) -> Tensor:
    tree = TreeSum()
    for term in each:
        tree.add({"x": term.clone()})
    return tree.total()["x"]


def over(processes: list[Tensor]) -> list[Tensor]:
    """What each process comes to; all of them run at once, and meet at each exchange."""
    size, meeting = len(processes), Barrier(len(processes))
    said: dict[int, Tensor] = {}

    def one(rank: int) -> Tensor:
        def exchange(mine: Tensor, other: int) -> Tensor:
            said[rank] = mine
            meeting.wait()
            theirs = said[other].clone()
            meeting.wait()
            return theirs

        return sum_over_pairs(processes[rank], rank, size, exchange)

    with ThreadPoolExecutor(size) as threads:
        return list(threads.map(one, range(size)))


def test_the_order_of_a_plain_sum_matters_here() -> None:
    each = terms(8)
    backwards = each[7]
    for term in reversed(each[:7]):
        backwards = backwards + term
    assert not torch.equal(summed(each), backwards)


def test_eight_terms_over_one_two_four_and_eight_processes() -> None:
    each = terms(8)
    whole = summed(each)
    for processes in (1, 2, 4, 8):
        size = 8 // processes
        mine = [summed(each[rank * size : (rank + 1) * size]) for rank in range(processes)]
        assert all(torch.equal(value, whole) for value in over(mine))


def test_the_partner_of_each_round_is_the_neighbour_at_its_distance() -> None:
    asked: list[int] = []

    def exchange(mine: Tensor, other: int) -> Tensor:
        asked.append(other)
        return torch.zeros_like(mine)

    sum_over_pairs(torch.ones(2), 5, 8, exchange)
    assert asked == [4, 7, 1]


def test_a_tensor_that_only_some_terms_have_counts_as_zero() -> None:
    tree = TreeSum()
    tree.add({"a": torch.ones(1)})
    tree.add({"b": torch.ones(1)})
    tree.add({"a": torch.ones(1), "b": torch.ones(1)})
    total = tree.total()
    assert total["a"].item() == 2 and total["b"].item() == 2
