"""The processes that train one run together, by torch.distributed.

Tensors go over NCCL between GPUs and over gloo between CPUs; what is not a tensor (losses that are
reported, requests, metrics) always goes over gloo, so that no step waits for a GPU.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import torch
from torch import Tensor
from torch import distributed as dist
from torch._C._distributed_c10d import PrefixStore, Store

from workbench.training.distributed.tree import sum_over_pairs

# Who is gone or hangs is found by `peers.py`, within seconds: waiting itself has no limit.
FOR_EVER = timedelta(days=30)


@dataclass(frozen=True)
class World:
    """This process among ``size`` of them; alone it is number 0 of 1, and nothing is sent."""

    rank: int = 0
    size: int = 1
    local_rank: int = 0  # among those of this machine
    tensors: Any = None  # the process group of tensors
    objects: Any = None  # the one of everything else
    waited: list[float] = field(default_factory=list, compare=False)  # seconds of each sum

    @property
    def leads(self) -> bool:
        """Whether this process writes the run's folder."""
        return self.rank == 0

    def gather(self, mine: Any) -> list[Any]:
        """Everybody's object in the order of the ranks, at rank 0; [] elsewhere."""
        if self.size == 1:
            return [mine]
        everybody = [None] * self.size if self.leads else None
        dist.gather_object(mine, everybody, dst=0, group=self.objects)
        return everybody or []

    def share(self, mine: Any) -> list[Any]:
        """Everybody's object in the order of the ranks, everywhere."""
        if self.size == 1:
            return [mine]
        everybody: list[Any] = [None] * self.size
        dist.all_gather_object(everybody, mine, group=self.objects)
        return everybody

    def tell(self, make: Callable[[], Any]) -> Any:
        """What rank 0 makes, everywhere; called only there."""
        if self.size == 1:
            return make()
        told = [make() if self.leads else None]
        dist.broadcast_object_list(told, src=0, group=self.objects)
        return told[0]

    def add_up(self, values: Tensor, *, in_pairs: bool) -> Tensor:
        """The sum of everybody's tensor [N], the same bits everywhere.

        ``in_pairs`` adds in the order of a tree over the ranks, whose number is a power of two;
        else the order is the library's, and another one for another number of processes.
        """
        if self.size == 1:
            return values
        began = time.perf_counter()
        if in_pairs:
            values = sum_over_pairs(values, self.rank, self.size, self._exchange)
        else:
            dist.all_reduce(values, group=self.tensors)
        self.waited.append(time.perf_counter() - began)
        return values

    def take_waited(self) -> dict[str, float]:
        """Seconds that this process has waited for others' tensors since the last call.

        Who waits least is the slowest. Between GPUs the host does not wait: {}.
        """
        seconds = sum(self.waited)
        self.waited.clear()
        return {"waited": round(seconds, 4)} if self.tensors is self.objects else {}

    def all_true(self, mine: bool) -> bool:
        """Whether it is true in all processes."""
        return all(self.share(mine))

    def _exchange(self, mine: Tensor, other: int) -> Tensor:
        theirs = torch.empty_like(mine)
        both = [
            dist.P2POp(dist.isend, mine, other, group=self.tensors),
            dist.P2POp(dist.irecv, theirs, other, group=self.tensors),
        ]
        for request in dist.batch_isend_irecv(both):
            request.wait()
        return theirs


ALONE = World()


def join(store: Store, device: torch.device) -> World:
    """Join the other processes, who meet at ``store``; returns once all are there."""
    rank, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    backend = "nccl" if device.type == "cuda" else "gloo"
    meeting = PrefixStore("groups", store)
    dist.init_process_group(
        backend, store=meeting, rank=rank, world_size=size, timeout=FOR_EVER,
        device_id=device if device.type == "cuda" else None,
    )  # fmt: skip
    objects = dist.group.WORLD if backend == "gloo" else dist.new_group(backend="gloo")
    return World(rank, size, int(os.environ.get("LOCAL_RANK", "0")), dist.group.WORLD, objects)


def leave() -> None:
    """Give up the connections to the others, where all end as they should.

    A process that exits with them is aborted by their threads.
    """
    if dist.is_initialized():
        dist.destroy_process_group()
