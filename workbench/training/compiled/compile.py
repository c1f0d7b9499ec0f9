"""``train.compile``: the step that trains, captured or compiled where that can be had and pays.

``graphs`` is the whole step as a CUDA graph (``capture.py``), ``default`` the network compiled by
``torch.compile``, ``auto`` whichever of these pays (``automatic.py``). Only training is compiled.
Evaluating takes one forward pass where training takes a forward and a backward one over far more
images, and what is evaluated uncompiled comes out the same, to the bit, when the finished run is
tested again. Parameters and buffers are the network's own either way, so that checkpoints do not
know whether it was compiled.
"""

import importlib.util
import os
import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from workbench.system.compiler import cxx_compiler
from workbench.training.compiled import automatic, capture, compile_check
from workbench.training.compiled.automatic import Timed
from workbench.training.compiled.capture import first_line

if TYPE_CHECKING:
    from workbench.training.loop.trainer import Trainer

CAPTURING, COMPILING = "capturing the step", "compiling the network"
UNCOMPILED = "training uncompiled"
UNCAPTURED = "training uncaptured"
Tell = Callable[[str], None]


def compile_training(
    trainer: "Trainer", asked: str = "", macs: int = 0, tell: Tell = lambda _: None
) -> str:
    """Compile as ``asked`` (by default ``train.compile``) says, and check the result.

    Returns a notice for the user, "" for none; ``trainer.compiled`` says what is used. ``macs``
    (of an image's forward pass) tell ``auto`` which runs are short without timing a step;
    ``tell`` is told what is being waited for.
    Training stays uncompiled where there is no compiler, it fails, or the compiled step trains
    differently. Network, buffers and optimiser are left as they were.
    """
    asked = asked or trainer.config.train.compile
    if trainer.config.train.checkpoint_activations:  # its second pass sets buffers aside
        why = "train.checkpoint_activations is on"
        return f"compile: {why}; {UNCOMPILED}" if asked in ("default", "graphs") else ""
    if asked == "auto":
        return _automatic(trainer, macs, tell)
    if asked == "graphs":
        tell(CAPTURING)
        return _captured(trainer)
    if asked == "default":
        tell(COMPILING)
        return _compiled(trainer)
    return ""


def _automatic(trainer: "Trainer", macs: int, tell: Tell) -> str:
    if capture.has_graphs(trainer.compute.device):
        tell(CAPTURING)
        notice = _captured(trainer)
        if trainer.captured is not None and not _time(trainer, trainer.captured).pays:
            trainer.captured, trainer.compiled = None, "off"
        return notice
    if automatic.is_surely_short(trainer, macs) or missing(trainer.compute.device):
        return ""
    tell("timing a few steps")
    if not automatic.is_long(trainer, automatic.seconds_a_step(trainer, trainer.train_step)):
        return ""
    tell(COMPILING)
    notice = _compiled(trainer)
    if trainer.compiled != "off" and not _time(trainer, trainer.train_step).pays:
        trainer.forward, trainer.compiled = trainer.model, "off"
    return notice


def _time(trainer: "Trainer", step: automatic.OneStep) -> Timed:
    """A step as it was before, and as it is used now; kept for the record."""
    used, forward = automatic.seconds_a_step(trainer, step), trainer.forward
    trainer.forward = trainer.model
    off = automatic.seconds_a_step(trainer, trainer.train_step)
    trainer.forward = forward
    trainer.timed = Timed(off, used)
    return trainer.timed


def _captured(trainer: "Trainer") -> str:
    wrong = capture.capture(trainer)
    if not wrong:
        trainer.compiled = "graphs"
    return f"compile: {wrong}; {UNCAPTURED}" if wrong else ""


def _compiled(trainer: "Trainer") -> str:
    if reason := missing(trainer.compute.device):
        return f"compile: {reason}; {UNCOMPILED}"
    try:
        trainer.forward = compiled(trainer.model)
        wrong = _what_is_wrong(trainer)
    except Exception as error:  # noqa: BLE001 (what a compiler raises has no common class)
        wrong = f"failed ({first_line(error)})"
    if wrong:
        trainer.forward = trainer.model
        return f"compile: {wrong}; {UNCOMPILED}"
    trainer.compiled = "default"
    return ""


def _what_is_wrong(trainer: "Trainer") -> str:
    """Why the compiled network cannot be used; "" if it can."""
    device = trainer.compute.device
    gpus = [device] if device.type == "cuda" and torch.cuda.is_available() else []
    with torch.random.fork_rng(devices=gpus):
        if not _try(trainer):
            return "this network's losses are not a part of its forward"
        return compile_check.find_difference(trainer, trainer.forward)


def missing(device: torch.device) -> str:
    """Which compiler ``torch.compile`` lacks on this machine; "" if none. Starts nothing."""
    if device.type != "cuda":
        return "" if cxx_compiler() else "no C++ compiler (g++) found"
    if importlib.util.find_spec("triton") is None:
        return "no triton found"
    names = (os.environ.get("CC"), "gcc", "clang")
    return "" if any(name and shutil.which(name) for name in names) else "no C compiler found"


def compiled(network: nn.Module) -> nn.Module:
    """The network as ``torch.compile`` gives it; it is compiled at its first call."""
    # Dropout then draws the same numbers as uncompiled, so that the two can be compared.
    importlib.import_module("torch._inductor.config").fallback_random = True  # type: ignore[attr-defined]
    # How a call returns is not in its type.
    return torch.compile(network)  # type: ignore[return-value]


def _try(trainer: "Trainer") -> bool:
    """Try a batch; whether the compiled network was called in it."""
    calls: list[Any] = []
    hook = trainer.forward.register_forward_hook(lambda *_: calls.append(None))
    try:
        trainer.try_part(trainer.micro_batch)
    finally:
        hook.remove()
    return bool(calls)
