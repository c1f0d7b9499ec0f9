"""Training for a trial: everything is put back, in the very tensors in which it lay.

What was captured points at them, and a trial must not move them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

if TYPE_CHECKING:
    from workbench.training.loop.trainer import Trainer

# What an optimiser's state begins with, where that is not 0. Muon's norm is that of the weight
# before its first step, which is what a trial found too.
BEGINS = {"mu_product": 1.0}
KEPT = "norm"


@contextmanager
def left_as_it_was(trainer: "Trainer", *, keep_state: bool = False) -> Iterator[None]:
    """Train within, and undo it: weights, buffers, optimiser, meter, step, random numbers.

    An optimiser that had not stepped yet has no state afterwards; with ``keep_state`` it has
    the tensors of its state, holding what they hold before a first step.
    """
    held = _held(trainer)
    states = {p: dict(state) for p, state in trainer.optimizer.state.items()}
    rates = [_rate(group["lr"]) for group in trainer.optimizer.param_groups]
    step, forward, clock = trainer.step, trainer.forward, trainer.clock
    scaler, meter = trainer.scaler.state_dict(), trainer.meter
    training = trainer.model.training
    gpus = [trainer.compute.device] if trainer.compute.device.type == "cuda" else []
    trainer.meter = trainer.fresh_meter()
    trainer.model.train()
    try:
        with torch.random.fork_rng(devices=gpus):
            yield
    finally:
        with torch.no_grad():
            for tensor, copy in held:
                tensor.copy_(copy)
        _undo_state(trainer.optimizer, states, keep_state)
        for group, (rate, value) in zip(trainer.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate.copy_(value) if isinstance(rate, Tensor) else rate
        trainer.optimizer.zero_grad(set_to_none=True)
        trainer.scaler.load_state_dict(scaler)
        trainer.step, trainer.forward, trainer.clock = step, forward, clock
        trainer.meter = meter
        trainer.model.train(training)


def _rate(lr: Any) -> tuple[Any, Any]:
    return lr, lr.clone() if isinstance(lr, Tensor) else lr


def _held(trainer: "Trainer") -> list[tuple[Tensor, Tensor]]:
    """Every tensor that steps change in place, with a copy."""
    tensors = [*trainer.model.parameters(), *trainer.model.buffers()]
    states = trainer.optimizer.state.values()
    tensors += [v for state in states for v in state.values() if isinstance(v, Tensor)]
    return [(tensor.detach(), tensor.detach().clone()) for tensor in tensors]


def _undo_state(optimizer: torch.optim.Optimizer, before: dict[Tensor, Any], keep: bool) -> None:
    for parameter, state in list(optimizer.state.items()):
        known = before.get(parameter, {})
        for name, value in list(state.items()):
            if known.get(name) is not None:
                state[name] = known[name]
            elif not keep:
                del state[name]
            elif name != KEPT and isinstance(value, Tensor):
                value.fill_(BEGINS.get(name, 0.0))
        if not state:
            del optimizer.state[parameter]
