"""Every class as often as the others, whatever there is of it: a function of seed and epoch."""

import pytest
import torch

from workbench.training.loop.balance import ClassOrder

LABELS = torch.tensor([0] * 60 + [1] * 7 + [4] * 33)


def counts(rows: torch.Tensor) -> list[int]:
    return torch.bincount(LABELS[rows], minlength=5).tolist()


def test_classes_are_drawn_equally_often() -> None:
    order = ClassOrder(LABELS)
    found = [counts(order(0, epoch, 100)) for epoch in range(6)]
    for each in found:
        assert sum(each) == 100 and sorted(each) == [0, 0, 33, 33, 34]
    assert len(set(map(tuple, found))) > 1  # the odd one is not always of the same class


def test_within_a_class_images_are_drawn_equally_often() -> None:
    rows = ClassOrder(LABELS)(3, 2, 100)
    often = torch.bincount(rows, minlength=100)
    assert often[:60].max() == 1  # of a large class some are left out, none comes twice
    assert set(often[60:67].tolist()) <= {4, 5}
    assert ClassOrder(LABELS)(3, 3, 100).tolist() != rows.tolist()


def test_it_is_a_function_of_seed_and_epoch() -> None:
    one, other = ClassOrder(LABELS), ClassOrder(LABELS)
    other(1, 0, 100)  # whatever was asked before
    assert torch.equal(one(1, 5, 100), other(1, 5, 100))
    assert not torch.equal(one(1, 5, 100), one(2, 5, 100))


@pytest.mark.parametrize("count", [2, 3, 100])
def test_an_epoch_has_as_many_images_as_are_asked_for(count: int) -> None:
    assert len(ClassOrder(LABELS)(0, 0, count)) == count
