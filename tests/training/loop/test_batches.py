"""Which images a step sees: every one once an epoch, in an order that the seed decides."""

from typing import Any

import pytest
import torch
from torch import Tensor

from workbench.data import Split
from workbench.training.loop.batches import Batches

CPU = torch.device("cpu")


def split(count: int) -> Split:
    """Images of one pixel whose value, like their label, is their number."""
    numbers = torch.arange(count)
    return Split(numbers.to(torch.uint8).reshape(-1, 1, 1, 1), {"label": numbers})


def as_it_is(images: Tensor, targets: Any, draws: Any, rows: Tensor, epoch: int) -> Any:
    return images.float(), targets


def batches(count: int, size: int, seed: int = 0, augment: Any = as_it_is) -> Batches:
    return Batches(split(count), augment, size, seed, CPU)


def labels(made: Batches, epoch: int) -> list[list[int]]:
    first = epoch * made.steps_per_epoch
    return [made.batch(first + n)[1]["label"].tolist() for n in range(made.steps_per_epoch)]


@pytest.mark.parametrize(
    ("count", "size", "steps", "each"),
    [
        (12, 4, 3, 4),  # the batch divides the set exactly
        (12, 12, 1, 12),
        (11, 4, 2, 4),  # three are left over
        (13, 4, 3, 4),
        (12, 13, 1, 12),  # a set smaller than a batch is one batch
        (1, 1, 1, 1),
    ],
)
def test_an_epoch_has_as_many_whole_batches_as_the_images_fill(
    count: int, size: int, steps: int, each: int
) -> None:
    made = batches(count, size)
    assert (made.steps_per_epoch, made.batch_size) == (steps, each)
    for epoch in (0, 1):
        seen = labels(made, epoch)
        assert [len(batch) for batch in seen] == [each] * steps
        flat = [number for batch in seen for number in batch]
        assert len(set(flat)) == len(flat)  # none twice
        if steps * each == count:
            assert sorted(flat) == list(range(count))  # and none left out


def test_the_images_of_a_batch_are_those_of_its_labels() -> None:
    images, targets = batches(12, 4).batch(1)
    assert images.shape == (4, 1, 1, 1)
    assert images.flatten().tolist() == targets["label"].tolist()


def test_the_order_depends_on_seed_and_epoch_and_not_on_what_was_asked_before() -> None:
    made = batches(12, 4)
    first, second = labels(made, 0), labels(made, 1)
    assert first != second
    assert labels(made, 0) == first  # gone back to
    assert labels(batches(12, 4), 1) == second  # come to at once
    assert labels(batches(12, 4, seed=1), 0) != first


def test_what_is_left_over_differs_from_epoch_to_epoch() -> None:
    made = batches(11, 10)
    left = {frozenset(range(11)) - set(labels(made, epoch)[0]) for epoch in range(8)}
    assert len(left) > 1


def test_augmentation_gets_the_draws_of_the_step_the_rows_and_the_epoch() -> None:
    told: list[tuple[float, list[int], int]] = []

    def note(images: Tensor, targets: Any, draws: torch.Generator, rows: Tensor, epoch: int) -> Any:
        told.append((torch.rand((), generator=draws).item(), rows.tolist(), epoch))
        return images, targets

    made = batches(8, 4, augment=note)
    seen = [made.batch(step)[1]["label"].tolist() for step in (0, 1, 2, 0)]
    assert [rows for _, rows, _ in told] == seen  # in this split a row is its label
    assert [epoch for _, _, epoch in told] == [0, 0, 1, 0]
    draws = [draw for draw, _, _ in told]
    assert draws[3] == draws[0]  # a function of the step
    assert len(set(draws[:3])) == 3
