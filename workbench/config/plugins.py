"""Networks, data sets, tasks and optimisers that installed packages bring, by entry points.

A package declares a section class under its kind, as in::

    [project.entry-points."workbench.models"]
    mynet = "mypackage.sections:MyNet"

It is imported when that kind is first asked for. Its module should import torch only inside
``build`` and ``load``: the screen reads the section for its form, and starts without torch.
"""

import functools
import importlib.metadata
import operator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, Field, create_model

from workbench.config.sections.base import Section
from workbench.errors import ConfigError

GROUPS = {
    "model": "workbench.models",
    "data": "workbench.data",
    "task": "workbench.tasks",
    "optimizer": "workbench.optimizers",
}
TAGS = {"model": "kind", "data": "name", "task": "kind", "optimizer": "kind"}
MAKES = {"model": "build", "data": "load", "task": "build", "optimizer": "build"}
_loaded: dict[str, dict[str, type[Section]]] = {section: {} for section in GROUPS}


@dataclass(frozen=True)
class Plugin:
    """One entry point: what it is called, and the package that brings it."""

    section: str  # model, data, task or optimizer
    name: str
    value: str  # module:class
    package: str
    version: str


@functools.cache
def _entry_points(section: str) -> dict[str, importlib.metadata.EntryPoint]:
    found = importlib.metadata.entry_points(group=GROUPS[section])
    return {entry.name: entry for entry in found}


def names(section: str) -> tuple[str, ...]:
    """The kinds that packages bring for a section; nothing is imported."""
    return tuple(_entry_points(section)) if section in GROUPS else ()


def plugins() -> list[Plugin]:
    """Every entry point of every group; nothing is imported."""
    return [
        Plugin(
            section,
            name,
            entry.value,
            entry.dist.name if entry.dist else "",
            entry.dist.version if entry.dist else "",
        )
        for section in GROUPS
        for name, entry in sorted(_entry_points(section).items())
    ]


def loaded(section: str) -> dict[str, type[Section]]:
    """The section classes that were asked for so far, by kind."""
    return dict(_loaded.get(section, {}))


def load(section: str, name: str) -> type[Section]:
    """Import the section class of a kind; raises :class:`ConfigError` where it is none."""
    if name in _loaded[section]:
        return _loaded[section][name]
    entry, key = _entry_points(section)[name], f"{section}.{TAGS[section]}"
    brings = f"{name!r} of the package {entry.dist.name if entry.dist else '?'}"
    try:
        found: Any = entry.load()
    except Exception as error:  # noqa: BLE001 (whatever somebody's package raises)
        words = (str(error).splitlines() or [""])[0]
        raise ConfigError({key: f"{brings} failed: {type(error).__name__}: {words}"}) from None
    if not (isinstance(found, type) and issubclass(found, Section)):
        raise ConfigError({key: f"{brings} is no section class ({entry.value})"})
    tag = found.model_fields.get(TAGS[section])
    if tag is None or get_args(tag.annotation) != (name,):
        raise ConfigError({key: f"{brings} must declare {TAGS[section]}: Literal[{name!r}]"})
    makes = MAKES[section]
    if not hasattr(found, makes) and not (section == "optimizer" and hasattr(found, "target")):
        raise ConfigError({key: f"{brings} has no {makes}()"})
    _loaded[section][name] = found
    return found


def load_named(tables: Mapping[str, Any]) -> None:
    """Load what the tables of a configuration ask for, where a package brings it."""
    for section, tag in TAGS.items():
        table = tables.get(section)
        kind = table.get(tag) if isinstance(table, Mapping) else None
        if isinstance(kind, str) and kind in _entry_points(section):
            load(section, kind)


def extended(root: type[BaseModel]) -> type[BaseModel]:
    """The configuration's class with the sections that were loaded; itself where none was."""
    added = {section: tuple(found.values()) for section, found in _loaded.items() if found}
    return _extended(root, tuple(added.items())) if added else root


@functools.cache
def _extended(
    root: type[BaseModel], added: tuple[tuple[str, tuple[type[Section], ...]], ...]
) -> type[BaseModel]:
    fields: dict[str, Any] = {}
    for section, classes in added:
        old = root.model_fields[section]
        union = functools.reduce(operator.or_, (*get_args(old.annotation), *classes))
        how: dict[str, Any] = {"discriminator": TAGS[section]}
        if not old.is_required():
            how["default_factory"] = old.default_factory
        fields[section] = (union, Field(**how))
    return create_model(root.__name__, __base__=root, **fields)
