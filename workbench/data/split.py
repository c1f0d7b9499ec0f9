"""Stratified, seeded splits of a list of labels; the same on every machine."""

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]


def stratified(labels: Rows, share: float, seed: int) -> tuple[Rows, Rows]:
    """Split rows into (kept, taken), ``share`` of each class taken; both in ascending order.

    Of a class with two pictures or more at least one is taken and at least one kept.
    """
    rng = np.random.default_rng(seed)
    taken = []
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        count = round(len(rows) * share)
        count = min(max(count, 1), len(rows) - 1)
        taken.append(rng.permutation(rows)[:count])
    chosen = np.sort(np.concatenate(taken)) if taken else np.empty(0, dtype=np.int64)
    kept = np.setdiff1d(np.arange(len(labels)), chosen, assume_unique=True)
    return kept, chosen


def limited(labels: Rows, limit: int, seed: int) -> Rows:
    """At most ``limit`` rows (0: all), each class by its share, in ascending order."""
    if not limit or limit >= len(labels):
        return np.arange(len(labels))
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(labels))
    # The n-th picture of a class of size s stands at (n + ½) / s: the first ``limit``
    # places hold every class by its share.
    place = np.empty(len(labels))
    for label in np.unique(labels):
        rows = order[labels[order] == label]
        place[rows] = (np.arange(len(rows)) + 0.5) / len(rows)
    return np.sort(order[np.argsort(place[order], kind="stable")[:limit]])
