"""A network of the user's own: a class or function from a trusted folder or a package."""

import copy
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn

from workbench.config.sections.own_model import PythonModel
from workbench.errors import ConfigError
from workbench.system.trusted import find_source, in_own_words, load_target

GIVEN = "given:"  # begins the target of a network that was handed over in Python
_given: list[nn.Module] = []  # the one that is being trained


def build(config: PythonModel, *, channels: int, classes: int, size: int) -> nn.Module:
    """Call ``config.target`` with its ``args`` and what it takes of classes, channels and size.

    Raises :class:`ConfigError`, with the file and line, where it fails or gives no network.
    """
    if config.target.startswith(GIVEN):
        return _copy_of_given(config)
    make = load_target(config.target, "model.target")
    if not callable(make):
        raise ConfigError({"model.target": f"{config.target} is no class and no function"})
    is_network = inspect.isclass(make) and issubclass(make, nn.Module)
    if not is_network and find_source(config.target.partition(":")[0]) is None:
        # Else a stranger's preset could have any function of any package called.
        problem = (
            f"{config.target} is no network class; only folders that you trust may have others"
        )
        raise ConfigError({"model.target": problem})
    facts = {"classes": classes, "channels": channels, "size": size}
    arguments = {**_accepted(make, facts), **config.args}
    try:
        network = make(**arguments)
    except NotImplementedError:  # on the meta device: the caller tries again elsewhere
        raise
    except Exception as error:  # noqa: BLE001 (whatever somebody's network raises)
        words = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
        problem = f"{config.target}({words}) failed: {in_own_words(error)}"
        raise ConfigError({"model.target": problem}) from None
    if not isinstance(network, nn.Module):
        gives = type(network).__name__
        raise ConfigError({"model.target": f"{config.target} gives {gives}, no torch.nn.Module"})
    return network


def takes_targets(network: nn.Module) -> bool:
    """Whether a network gives a table of losses when it is called with images and targets."""
    return "targets" in inspect.signature(network.forward).parameters


@contextmanager
def given(network: nn.Module) -> Iterator[str]:
    """Have :func:`build` give copies of ``network`` within; yields the target that names it."""
    _given.append(network)
    try:
        yield GIVEN + type(network).__name__
    finally:
        _given.remove(network)


def _copy_of_given(config: PythonModel) -> nn.Module:
    if not _given:
        name = config.target.removeprefix(GIVEN)
        raise ConfigError(
            {
                "model.target": f"the network {name} was given in Python: go on from there, with "
                "workbench.train(config, model=...) or workbench.resume(run, model=...)"
            }
        )
    return copy.deepcopy(_given[-1])


def _accepted(make: Any, facts: dict[str, int]) -> dict[str, int]:
    """Those of ``facts`` that the signature has by name."""
    try:
        names = inspect.signature(make).parameters
    except (TypeError, ValueError):  # written in C
        return {}
    return {name: value for name, value in facts.items() if name in names}
