"""``train.compile``: compiles the network for training with ``torch.compile``, if it can be.

Evaluation runs uncompiled: it is a small share of the time, and so a finished run that is
evaluated again gives the same bits. The compiled network shares the parameters and buffers of
the original, so that checkpoints are the same either way.
"""

import importlib.util
import os
import shutil
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from workbench.system.compiler import cxx_compiler
from workbench.training.loop import compile_check

if TYPE_CHECKING:
    from workbench.training.loop.trainer import Trainer

TRIALS = {"default": 1, "graphs": 3}  # steps until all is compiled; a graph is recorded in the 2nd
UNCOMPILED = "training uncompiled"


def compile_training(trainer: "Trainer") -> str:
    """Compile the trainer's network as ``train.compile`` says, and check the result.

    Returns a notice for the user, "" for none. Training stays uncompiled where there is no
    compiler, it fails, or the compiled network trains differently. Network, buffers and
    optimiser are left as they were.
    """
    asked = trainer.config.train.compile
    if asked == "off":
        return ""
    if reason := missing(trainer.compute.device):
        return f"compile: {reason}; {UNCOMPILED}"
    used, notice = _possible(trainer, asked)
    try:
        trainer.forward = compiled(trainer.model, used)
        wrong = _what_is_wrong(trainer, TRIALS[used])
    except Exception as error:  # noqa: BLE001 (what a compiler raises has no common class)
        wrong = f"failed ({_first_line(error)})"
    if wrong:
        trainer.forward = trainer.model
        return f"compile: {wrong}; {UNCOMPILED}"
    trainer.compiled = used
    return notice


def _what_is_wrong(trainer: "Trainer", trials: int) -> str:
    """Why the compiled network cannot be used; "" if it can."""
    device = trainer.compute.device
    gpus = [device] if device.type == "cuda" and torch.cuda.is_available() else []
    with torch.random.fork_rng(devices=gpus):
        if not _try(trainer, trials):
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


def compiled(network: nn.Module, how: str) -> nn.Module:
    """The network as ``torch.compile`` gives it; it is compiled at its first call."""
    # Dropout then draws the same numbers as uncompiled, so that the two can be compared.
    importlib.import_module("torch._inductor.config").fallback_random = True  # type: ignore[attr-defined]
    if how == "graphs":
        return Graphs(network)
    # How a call returns is not in its type.
    return torch.compile(network)  # type: ignore[return-value]


class Graphs(nn.Module):
    """A network compiled to CUDA graphs: recorded once, then replayed with one launch a step.

    Every replay writes to the same memory, so a tensor that is returned is a copy.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.replayed: Any = torch.compile(network, mode="reduce-overhead", dynamic=False)

    def forward(self, *inputs: Any) -> Any:
        outputs = self.replayed(*inputs)
        return outputs.clone() if isinstance(outputs, Tensor) else outputs


def _try(trainer: "Trainer", times: int) -> bool:
    """Try a batch ``times`` times; whether the compiled network was called in it."""
    calls: list[Any] = []
    hook = trainer.forward.register_forward_hook(lambda *_: calls.append(None))
    try:
        for _ in range(times):
            trainer.try_part(trainer.micro_batch)
    finally:
        hook.remove()
    return bool(calls)


def _possible(trainer: "Trainer", asked: str) -> tuple[str, str]:
    """The mode that can be used here, and a notice where it is not the one asked for."""
    if asked == "graphs" and trainer.compute.device.type != "cuda":
        return "default", "compile: CUDA graphs need a GPU; compiling without them"
    if asked == "graphs" and trainer.micro_batch < trainer.batches.batch_size:
        return "default", "compile: batches in parts cannot be replayed; compiling without graphs"
    return asked, ""


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:200]}" if lines else type(error).__name__
