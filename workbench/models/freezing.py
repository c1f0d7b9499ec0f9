"""Parts of a network that do not train: for good, or until an epoch (``train.unfreeze_epoch``)."""

import difflib
from collections.abc import Sequence
from types import MethodType

from torch import nn

from workbench.errors import ConfigError


class Freezing:
    """Keeps modules as they are: their weights, and the statistics of their batch norms."""

    def __init__(self, model: nn.Module, prefixes: Sequence[str]) -> None:
        self.modules = frozen_modules(model, prefixes)
        self.parameters = [p for m in self.modules for p in m.parameters() if p.requires_grad]
        self.holds = False

    def freeze(self) -> None:
        """From now on they stay as they are."""
        self.holds = True
        for parameter in self.parameters:
            parameter.requires_grad_(False)
        for module in self.modules:
            module.eval()
            module.train = MethodType(_stay, module)  # type: ignore[method-assign]

    def lift(self) -> None:
        """From now on they train like the others."""
        self.holds = False
        for parameter in self.parameters:
            parameter.requires_grad_(True)
        for module in self.modules:
            module.__dict__.pop("train", None)
            module.train()


def frozen_modules(model: nn.Module, prefixes: Sequence[str]) -> list[nn.Module]:
    """The modules of these names, or whose names begin so (``blocks`` and ``blocks.0``).

    Raises :class:`ConfigError` for a name that no module has.
    """
    names = dict(model.named_modules())
    del names[""]
    for prefix in prefixes:
        if not any(_below(name, prefix) for name in names):
            near = difflib.get_close_matches(prefix, names, n=1, cutoff=0.4)
            first = ", ".join(dict.fromkeys(name.partition(".")[0] for name in names))
            hint = f"did you mean {near[0]}? " if near else ""
            raise ConfigError({"model.freeze": f"no module {prefix!r}; {hint}there are {first}"})
    return [m for name, m in names.items() if any(_below(name, prefix) for prefix in prefixes)]


def _below(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith(f"{prefix}.")


def _stay(module: nn.Module, mode: bool = True) -> nn.Module:
    """In place of ``train``: a frozen module is in evaluation mode, whatever is asked."""
    return module
