"""What a step changes on the host, where a recording cannot: a replay would leave it as it is.

A network of one's own may count its calls in Python, or toss a coin with ``random``. Recorded,
the count stands still and the coin is always the same, without an error. So what is plain to see
is compared around a step; what hides in a closure or a global is not found.
"""

import random
from typing import Any

import numpy as np
import torch
from torch import nn

PLAIN = bool | int | float | complex | str | bytes | None


def host_state(network: nn.Module, *, on_gpu: bool) -> dict[str, Any]:
    """Plain attributes of every module by name, and the states of the host's generators.

    torch's own is left out where the network runs on the CPU: its layers draw from it there.
    """
    found: dict[str, Any] = {
        f"{name}.{key}".lstrip("."): value
        for name, module in network.named_modules()
        for key, value in vars(module).items()
        if isinstance(value, PLAIN)
    }
    _, keys, *place = np.random.get_state(legacy=True)
    found["Python's random numbers"] = random.getstate()
    found["NumPy's random numbers"] = (np.asarray(keys).tobytes(), place)
    if on_gpu:
        found["torch's random numbers on the host"] = torch.default_generator.get_state().tolist()
    return found


def first_change(before: dict[str, Any], after: dict[str, Any]) -> str:
    """The name of the first thing that is another; "" if nothing is."""
    names = [*before, *(name for name in after if name not in before)]
    return next((n for n in names if repr(before.get(n)) != repr(after.get(n))), "")
