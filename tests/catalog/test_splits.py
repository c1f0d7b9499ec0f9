"""Splits: stratified, seeded, complete."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from workbench.catalog.splits import folded, limited, stratified

LABELS = st.lists(st.integers(0, 4), min_size=1, max_size=60).map(
    lambda values: np.array(values, dtype=np.int64)
)


@given(LABELS, st.floats(0.01, 0.5), st.integers(0, 9))
def test_every_row_is_on_one_side_and_each_class_has_its_share(
    labels: np.ndarray, share: float, seed: int
) -> None:
    kept, taken = stratified(labels, share, seed)
    assert sorted([*kept, *taken]) == list(range(len(labels)))
    for label in set(labels.tolist()):
        count, out = np.sum(labels == label), np.sum(labels[taken] == label)
        assert out == min(max(round(count * share), 1), count - 1)


def test_the_seed_decides() -> None:
    labels = np.repeat(np.arange(3), 20)
    first = stratified(labels, 0.2, 1)[1]
    assert np.array_equal(first, stratified(labels, 0.2, 1)[1])
    assert not np.array_equal(first, stratified(labels, 0.2, 2)[1])


@given(LABELS, st.integers(1, 80), st.integers(0, 9))
def test_a_limit_takes_every_class_by_its_share(labels: np.ndarray, limit: int, seed: int) -> None:
    rows = limited(labels, limit, seed)
    assert len(rows) == min(limit, len(labels)) == len(set(rows.tolist()))
    for label in set(labels.tolist()):
        fair = np.mean(labels == label) * len(rows)
        assert abs(np.sum(labels[rows] == label) - fair) <= 5  # one for each other class


def test_no_limit_is_everything() -> None:
    labels = np.array([0, 1, 1])
    assert limited(labels, 0, 0).tolist() == [0, 1, 2]


@given(LABELS, st.integers(2, 6), st.integers(0, 9))
def test_folds_divide_the_rows_and_every_class_evenly(
    labels: np.ndarray, folds: int, seed: int
) -> None:
    parts = [folded(labels, folds, fold, seed) for fold in range(1, folds + 1)]
    for kept, taken in parts:
        assert sorted([*kept, *taken]) == list(range(len(labels)))
    assert sorted(np.concatenate([taken for _, taken in parts])) == list(range(len(labels)))
    sizes = [len(taken) for _, taken in parts]
    assert max(sizes) - min(sizes) <= 1
    for label in set(labels.tolist()):
        counts = [np.sum(labels[taken] == label) for _, taken in parts]
        assert max(counts) - min(counts) <= 1


def test_the_seed_decides_the_folds() -> None:
    labels = np.repeat(np.arange(3), 20)
    first = folded(labels, 5, 2, 1)[1]
    assert np.array_equal(first, folded(labels, 5, 2, 1)[1])
    assert not np.array_equal(first, folded(labels, 5, 2, 2)[1])
