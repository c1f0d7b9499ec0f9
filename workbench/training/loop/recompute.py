"""``train.checkpoint_activations``: blocks whose activations are computed again when due.

Chen et al. 2016, arXiv:1604.06174, by ``torch.utils.checkpoint``: of a block only its input is kept
for the backward pass, which runs the block's forward pass a second time. That costs about a
third more arithmetic and leaves as many activations in memory as one block has. Random numbers are
drawn again as they were; buffers, which a batch norm would update a second time, are for the
second pass what they were before the first, and are thrown away after it. Losses, gradients and
statistics are the same to the bit.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from workbench.models.common.blocks import Network

Buffers = list[tuple[nn.Module, str, Tensor]]
HOLDERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)


def recompute_blocks(network: nn.Module) -> int:
    """Have a network's blocks computed again in the backward pass; returns how many there are."""
    blocks = list(find_blocks(network))
    for block in blocks:
        # As an attribute: names of weights and hooks stay what they are. A partial of a bound
        # method is copied with its network.
        block.forward = partial(_forward, block.forward)
    return len(blocks)


def find_blocks(module: nn.Module) -> Iterator[nn.Module]:
    """The blocks of a network: the members of its sequences that have a forward of their own.

    A sequence of nothing but operators is a block itself.
    """
    in_a_sequence = isinstance(module, (*HOLDERS, Network))
    for child in module.children():
        if not any(True for _ in child.children()):
            continue
        if isinstance(child, HOLDERS):
            inner = list(find_blocks(child))
            yield from inner or ([child] if isinstance(child, nn.Sequential) else [])
        elif in_a_sequence:
            yield child
        else:
            yield from find_blocks(child)


def _forward(forward: Any, *inputs: Any, **named: Any) -> Any:
    block: nn.Module = forward.__self__
    if not (block.training and torch.is_grad_enabled()):
        return forward(*inputs, **named)
    return checkpoint(
        forward, *inputs, use_reentrant=False, context_fn=partial(_contexts, block), **named
    )


def _contexts(
    block: nn.Module,
) -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
    """What is around the first and the second forward pass."""
    before = [(module, name, buffer.clone()) for module, name, buffer in _buffers(block)]
    return nullcontext(), _in_place_of_its_own(block, before)


@contextmanager
def _in_place_of_its_own(block: nn.Module, buffers: Buffers) -> Iterator[None]:
    own = _buffers(block)
    for module, name, buffer in buffers:
        module._buffers[name] = buffer
    try:
        yield
    finally:
        for module, name, buffer in own:
            module._buffers[name] = buffer


def _buffers(block: nn.Module) -> Buffers:
    return [
        (module, name, buffer)
        for module in block.modules()
        for name, buffer in module._buffers.items()
        if buffer is not None
    ]
