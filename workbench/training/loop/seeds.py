"""Seeds: every random number of a run is a function of its seed and of where it is used.

The order of an epoch depends on (seed, epoch), augmentation and dropout on (seed, step). So
a checkpoint needs no random state, and a resumed run goes on bit for bit.
"""

import functools
import hashlib

import torch

AHEAD = 64  # steps whose seeds, and learning rates, are computed at once


def derive(seed: int, purpose: str, index: int = 0) -> int:
    """A 63-bit seed for one purpose (a word) at one index (a step, an epoch) of a run."""
    digest = hashlib.blake2b(f"{seed}/{purpose}/{index}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1


def derive_for_step(seed: int, purpose: str, step: int) -> int:
    """As :func:`derive`, but computed for ``AHEAD`` steps at once, which is faster in a loop."""
    block, place = divmod(step, AHEAD)
    return _ahead(seed, purpose, block)[place]


@functools.lru_cache(maxsize=4)
def _ahead(seed: int, purpose: str, block: int) -> list[int]:
    return [derive(seed, purpose, block * AHEAD + place) for place in range(AHEAD)]


def seed_network(value: int, *, gpu: bool) -> None:
    """Seed torch's default generators (dropout), on the CPU and, with ``gpu``, the current GPU."""
    torch.default_generator.manual_seed(value)
    if gpu:
        torch.cuda.manual_seed(value)


def epoch_order(seed: int, epoch: int, count: int) -> torch.Tensor:
    """The shuffled rows (int64 [count]) of an epoch, counted from 0."""
    generator = torch.Generator().manual_seed(derive(seed, "order", epoch))
    return torch.randperm(count, generator=generator)
