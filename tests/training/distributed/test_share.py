"""How a batch is divided: every image once, and the one before it where images are mixed."""

import torch

from workbench.data.augmentation.draws import PartOf, integers, uniform
from workbench.training.loop.batches import Share


def test_sixty_four_processes_share_an_epoch_without_losing_or_repeating_an_image() -> None:
    batch, steps, processes = 1024, 40, 64
    order = torch.randperm(batch * steps, generator=torch.Generator().manual_seed(0))
    seen = []
    for rank in range(processes):
        places = Share(rank, processes).places(batch)
        seen += [order[step * batch : (step + 1) * batch][places] for step in range(steps)]
    assert torch.equal(torch.cat(seen).sort().values, torch.arange(batch * steps))


def test_with_mixing_the_image_before_comes_first() -> None:
    assert Share(0, 4, mixes=True).places(16).tolist() == [15, 0, 1, 2, 3]
    assert Share(2, 4, mixes=True).places(16).tolist() == [7, 8, 9, 10, 11]


def test_a_part_draws_what_the_whole_batch_draws() -> None:
    places = torch.tensor([7, 0, 1])

    def at() -> torch.Generator:
        return torch.Generator().manual_seed(3)

    whole = uniform(at(), 8, 2)
    assert torch.equal(uniform(PartOf(at(), 8, places), 3, 2), whole[places])
    numbers = integers(at(), 100, 8)
    assert torch.equal(integers(PartOf(at(), 8, places), 100, 3), numbers[places])
