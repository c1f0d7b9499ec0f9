"""Stratified, seeded splits of a list of labels; the same on every machine.

Data sets are split with them, and the launcher computes the size of each split with them.
"""

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]


def share_of(count: int, share: float) -> int:
    """How many images :func:`stratified` takes of a class with ``count`` images."""
    return min(max(round(count * share), 1), count - 1)


def stratified(labels: Rows, share: float, seed: int) -> tuple[Rows, Rows]:
    """Split rows into (kept, taken), ``share`` of each class taken; both in ascending order.

    Of a class with two images or more at least one is taken and at least one kept.
    """
    rng = np.random.default_rng(seed)
    taken = []
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        taken.append(rng.permutation(rows)[: share_of(len(rows), share)])
    chosen = np.sort(np.concatenate(taken)) if taken else np.empty(0, dtype=np.int64)
    kept = np.setdiff1d(np.arange(len(labels)), chosen, assume_unique=True)
    return kept, chosen


def folded(labels: Rows, folds: int, fold: int, seed: int) -> tuple[Rows, Rows]:
    """Split rows into (kept, taken) for cross-validation; ``taken`` is fold ``fold``, from 1 on.

    The folds divide the rows; of each class, and of all, they hold equally many or one more.
    """
    rng = np.random.default_rng(seed)
    of = np.empty(len(labels), dtype=np.int64)
    dealt = 0
    for label in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == label))
        of[rows] = (dealt + np.arange(len(rows))) % folds
        dealt += len(rows)
    return np.flatnonzero(of != fold - 1), np.flatnonzero(of == fold - 1)


def limited(labels: Rows, limit: int, seed: int) -> Rows:
    """At most ``limit`` rows (0: all), each class by its share, in ascending order."""
    if not limit or limit >= len(labels):
        return np.arange(len(labels))
    return np.sort(limit_order(labels, seed)[:limit])


def limit_order(labels: Rows, seed: int) -> Rows:
    """All rows in the order in which :func:`limited` takes them."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(labels))
    # The n-th image of a class of size s stands at (n + ½) / s: the first ``limit``
    # places hold every class by its share.
    place = np.empty(len(labels))
    for label in np.unique(labels):
        rows = order[labels[order] == label]
        place[rows] = (np.arange(len(rows)) + 0.5) / len(rows)
    return order[np.argsort(place[order], kind="stable")]


def least_limit(labels: Rows, seed: int, least: int) -> int:
    """The smallest limit at which every class has ``least`` rows (if it has so many)."""
    ordered = labels[limit_order(labels, seed)]
    places = (np.flatnonzero(ordered == label) for label in np.unique(labels))
    return 1 + max(int(rows[least - 1]) for rows in places if len(rows) >= least)


def random_parts(
    train: Rows, test: Rows, shares: tuple[float, float], limit: int, seed: int
) -> list[Rows]:
    """Rows for training, validation and test at random, whatever their classes.

    ``shares`` are those of validation and test; the second is taken where ``test`` is empty.
    Validation and test get at least one row, as far as there are any.
    """
    order = np.random.default_rng(seed).permutation(train)
    if not len(test):
        count = max(1, round(len(order) * shares[1]))
        test, order = np.sort(order[:count]), order[count:]
    order = order[: limit or None]
    count = max(1, round(len(order) * shares[0]))
    return [np.sort(order[count:]), np.sort(order[:count]), test]


def own_or_random_parts(
    good: Rows, counts: tuple[int, int], shares: tuple[float, float], limit: int, seed: int
) -> list[Rows]:
    """As :func:`random_parts`, of rows in the order training, validation, test.

    ``good`` are the rows that can be used, ``counts`` how many rows training and validation
    have in all; validation is made at random where it has none of its own.
    """
    first, second = counts[0], sum(counts)
    own = good[(good >= first) & (good < second)]
    least = 0 if len(own) else limit
    made = random_parts(good[good < first], good[good >= second], shares, least, seed)
    if not len(own):
        return made
    train = np.random.default_rng(seed).permutation(np.concatenate(made[:2]))
    return [np.sort(train[: limit or None]), own, made[2]]
