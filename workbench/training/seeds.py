"""Every random number of a run as a function of its seed and of where it is used.

Nothing is drawn from a stream that runs on: the order of an epoch depends on
(seed, epoch), augmentation and dropout on (seed, step). So a resumed run needs
no saved random state to go on exactly as it would have.
"""

import hashlib

import torch


def derive(seed: int, purpose: str, index: int = 0) -> int:
    """A 63-bit seed for one purpose at one place of a run."""
    digest = hashlib.blake2b(f"{seed}/{purpose}/{index}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1


def seed_network(seed: int, step: int) -> None:
    """Seed what layers draw (dropout), on the CPU and on every GPU in use."""
    value = derive(seed, "network", step)
    torch.default_generator.manual_seed(value)
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        torch.cuda.manual_seed(value)


def epoch_order(seed: int, epoch: int, count: int) -> torch.Tensor:
    """The order (int64 [count]) in which an epoch, counted from 0, meets the pictures."""
    generator = torch.Generator().manual_seed(derive(seed, "order", epoch))
    return torch.randperm(count, generator=generator)
