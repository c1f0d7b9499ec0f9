"""Every random number of a run as a function of its seed and of where it is used.

Nothing is drawn from a stream that runs on: the order of an epoch depends on
(seed, epoch), augmentation and dropout on (seed, step). So a resumed run needs
no saved random state to go on exactly as it would have.
"""

import functools
import hashlib

import torch

AHEAD = 64  # steps whose seeds, and learning rates, are computed at once


def derive(seed: int, purpose: str, index: int = 0) -> int:
    """A 63-bit seed for one purpose at one place of a run."""
    digest = hashlib.blake2b(f"{seed}/{purpose}/{index}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1


def derive_for_step(seed: int, purpose: str, step: int) -> int:
    """As :func:`derive`, for one step after the other: what comes between two finds cold caches."""
    block, place = divmod(step, AHEAD)
    return _ahead(seed, purpose, block)[place]


@functools.lru_cache(maxsize=4)
def _ahead(seed: int, purpose: str, block: int) -> list[int]:
    return [derive(seed, purpose, block * AHEAD + place) for place in range(AHEAD)]


def seed_network(value: int, *, gpu: bool) -> None:
    """Seed what layers draw (dropout), on the CPU and, with ``gpu``, on the current GPU."""
    torch.default_generator.manual_seed(value)
    if gpu:
        torch.cuda.manual_seed(value)


def epoch_order(seed: int, epoch: int, count: int) -> torch.Tensor:
    """The order (int64 [count]) in which an epoch, counted from 0, meets the images."""
    generator = torch.Generator().manual_seed(derive(seed, "order", epoch))
    return torch.randperm(count, generator=generator)
