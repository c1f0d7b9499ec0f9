"""Changes a configuration by dotted keys, for ``--set`` and the form."""

import copy
from collections.abc import Mapping
from typing import Any

import tomli

from workbench.config import plugins
from workbench.config.describe import discriminator, section_variants
from workbench.config.run import RunConfig
from workbench.errors import ConfigError

FACTS_OF_THE_DATA = ("classes", "channels", "mean", "std")
EXCLUSIVE = [
    ("train.epochs", "train.steps"),
    ("model.groups", "model.group_width"),
    ("model.depth", "model.blocks"),
    ("model.depth", "model.widths"),
]


def parse_assignment(text: str) -> tuple[str, Any]:
    """Split ``KEY=VALUE``; the value is read as TOML, else taken as a bare string."""
    key, equals, value = text.partition("=")
    key = key.strip()
    if not equals or not key:
        raise ConfigError({text: "must be KEY=VALUE, such as optimizer.lr=0.05"}, "--set")
    return key, parse_value(value)


def parse_value(text: str) -> Any:
    """Read one value as TOML (``0.1``, ``true``, ``[5, 4, 3]``), else as a bare string."""
    try:
        parsed = tomli.loads(f"value = {text}")
    except (tomli.TOMLDecodeError, RecursionError):  # the latter: brackets without end
        return text.strip()
    return parsed["value"] if len(parsed) == 1 else text.strip()


def apply_changes(tables: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The tables of a configuration with dotted ``changes`` made; not validated.

    A change of ``model.kind``, ``data.name``, … drops the keys that the new kind does not have,
    and the old data's classes, channels, mean and std. Of keys that exclude each other (epochs
    and steps), the one that is set wins.
    """
    result = copy.deepcopy(dict(tables))
    # The discriminators first: what else is set then belongs to the new choice.
    for key in sorted(changes, key=lambda key: key.split(".")[-1] not in ("kind", "name")):
        section, dot, name = key.partition(".")
        if not dot or section not in RunConfig.model_fields:
            raise ConfigError({key: _no_section(section)})
        table = result.setdefault(section, {})
        if not isinstance(table, dict):
            raise ConfigError({section: "must be a table"})
        _drop_excluded(table, key, changes)
        if name in ("kind", "name") and table.get(name) != changes[key]:
            _switch(table, section, name, changes[key])
        outer, dot, inner = name.partition(".")
        if dot and isinstance(table.get(outer, {}), dict):  # one entry of a table: model.args.width
            table[outer] = {**table.get(outer, {}), inner: changes[key]}
        else:
            table[name] = changes[key]
    return result


def _switch(table: dict[str, Any], section: str, tag: str, choice: Any) -> None:
    if choice in plugins.names(section):
        plugins.load(section, str(choice))
    variants = section_variants(RunConfig, section)
    new = variants.get(str(choice))
    if new is None or discriminator(new) != tag:
        return  # validation says which choices there are
    old = variants.get(str(table.get(tag)))
    for name in list(table):
        foreign = name not in new.model_fields
        # A key that only this section's old choice gave another meaning is foreign as well.
        redefined = old is not None and not foreign and _differs(old, new, name)
        if foreign or redefined or (section == "data" and name in FACTS_OF_THE_DATA):
            del table[name]


def _differs(old: Any, new: Any, name: str) -> bool:
    before, after = old.model_fields.get(name), new.model_fields[name]
    if before is None:
        return False
    return (before.annotation, before.metadata) != (after.annotation, after.metadata)


def _drop_excluded(table: dict[str, Any], key: str, changes: Mapping[str, Any]) -> None:
    for pair in EXCLUSIVE:
        if key in pair:
            other = pair[1 - pair.index(key)]
            if other not in changes:
                table.pop(other.partition(".")[2], None)


def _no_section(section: str) -> str:
    return f"no section {section!r}; there are {', '.join(RunConfig.model_fields)}"
