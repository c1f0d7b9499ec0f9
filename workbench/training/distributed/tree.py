"""Sums in a fixed order: in pairs, pairs of pairs, and so on.

Floats are not associative. A sum of 2^k terms as a tree over neighbours is the same bits however
the terms are spread over 1, 2, 4, … processes, each of which adds up its own neighbours first.
"""

from collections.abc import Callable

import torch
from torch import Tensor

Terms = dict[str, Tensor]  # tensors by name; one that is not there counts as 0


class TreeSum:
    """Adds up terms as they come, as a tree over neighbours."""

    def __init__(self) -> None:
        self._stack: list[tuple[int, Terms]] = []  # sums of 2^k terms, the largest first

    def add(self, terms: Terms) -> None:
        """Take in the next terms; their tensors may be changed."""
        size = 1
        while self._stack and self._stack[-1][0] == size:
            size, terms = 2 * size, _added(self._stack.pop()[1], terms)
        self._stack.append((size, terms))

    def total(self) -> Terms:
        """The sum; {} of nothing."""
        total: Terms = {}
        for _, terms in reversed(self._stack):
            total = _added(terms, total)
        return total


def sum_over_pairs(
    mine: Tensor, rank: int, size: int, exchange: Callable[[Tensor, int], Tensor]
) -> Tensor:
    """The tree's sum over ``size`` (a power of two) processes, known to each of them at the end.

    ``exchange(tensor, other)`` gives the tensor of process ``other``, which gets this one's
    (recursive doubling: Thakur et al. 2005, "Optimization of collective communication operations
    in MPICH"). a + b is b + a to the bit, so that all have the same.
    """
    distance = 1
    while distance < size:
        mine = mine + exchange(mine, rank ^ distance)
        distance *= 2
    return mine


def _added(left: Terms, right: Terms) -> Terms:
    both = [name for name in left if name in right]
    if both:
        torch._foreach_add_([left[name] for name in both], [right[name] for name in both])
    return {**right, **left}
