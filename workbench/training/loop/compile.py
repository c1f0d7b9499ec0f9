"""``train.compile``: the network that trains, compiled where that can be had.

Only training is compiled. Evaluating takes one forward pass where training takes a forward and
a backward one over far more images, and what is evaluated uncompiled comes out the same, to
the bit, when the finished run is tested again. Parameters and buffers are the network's own
either way, so that checkpoints do not know whether it was compiled.
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
    """Compile as ``train.compile`` asks, and check it; gives what to tell the user, "" if nothing.

    Where there is no compiler, or it fails, or what it made does not train as the network does,
    training goes on uncompiled. The network, its buffers and its optimiser are as before.
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
    """Why the compiled network may not be used; "" if it may."""
    device = trainer.compute.device
    gpus = [device] if device.type == "cuda" and torch.cuda.is_available() else []
    with torch.random.fork_rng(devices=gpus):
        if not _try(trainer, trials):
            return "this network's losses are not a part of its forward"
        return compile_check.find_difference(trainer, trainer.forward)


def missing(device: torch.device) -> str:
    """What ``torch.compile`` would miss here, looked for without starting it; "" if nothing."""
    if device.type != "cuda":
        return "" if cxx_compiler() else "no C++ compiler (g++) found"
    if importlib.util.find_spec("triton") is None:
        return "no triton found"
    names = (os.environ.get("CC"), "gcc", "clang")
    return "" if any(name and shutil.which(name) for name in names) else "no C compiler found"


def compiled(network: nn.Module, how: str) -> nn.Module:
    """The network, compiled; nothing happens before its first call."""
    # Dropout draws what it draws uncompiled: else no such network could prove itself.
    importlib.import_module("torch._inductor.config").fallback_random = True  # type: ignore[attr-defined]
    if how == "graphs":
        return Graphs(network)
    # How a call returns is not in its type.
    return torch.compile(network)  # type: ignore[return-value]


class Graphs(nn.Module):
    """A network whose kernels are recorded once as CUDA graphs and then replayed.

    A small network's step takes the host longer than the GPU; a replay is one launch. Every
    replay writes to the same memory, so the outputs are copied for those that keep them.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.replayed: Any = torch.compile(network, mode="reduce-overhead", dynamic=False)

    def forward(self, *inputs: Any) -> Any:
        outputs = self.replayed(*inputs)
        return outputs.clone() if isinstance(outputs, Tensor) else outputs


def _try(trainer: "Trainer", times: int) -> bool:
    """Train on a batch and forget it; whether what was compiled had any part in it."""
    calls: list[Any] = []
    hook = trainer.forward.register_forward_hook(lambda *_: calls.append(None))
    try:
        for _ in range(times):
            trainer.try_part(trainer.micro_batch)
    finally:
        hook.remove()
    return bool(calls)


def _possible(trainer: "Trainer", asked: str) -> tuple[str, str]:
    """Graphs only where there are any, and where one batch is one replay."""
    if asked == "graphs" and trainer.compute.device.type != "cuda":
        return "default", "compile: CUDA graphs need a GPU; compiling without them"
    if asked == "graphs" and trainer.micro_batch < trainer.batches.batch_size:
        return "default", "compile: batches in parts cannot be replayed; compiling without graphs"
    return asked, ""


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:200]}" if lines else type(error).__name__
