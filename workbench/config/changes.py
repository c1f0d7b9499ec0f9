"""The difference of a configuration from its preset, as the shortest list of ``--set`` changes."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel

from workbench.config.describe import discriminator, section_variants
from workbench.config.overrides import EXCLUSIVE, apply_changes
from workbench.config.run import RunConfig

NOT_COMPARED = frozenset(("data.root", "data.classes", "data.channels", "train.device"))
VAGUE = ("size", "test")  # keys that say little without their section, though only one has them


def changes_from(preset: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """The changes that turn ``preset`` into ``config``, both by dotted keys; kinds first.

    What follows from another kind of model, data set, … is not listed: keys that only it has,
    at their defaults, and a length in epochs that gives way to one in steps. Keys that the
    data or the machine decide are left out.
    """
    choices = {
        key: config[key] for key in _tags() if key in config and config[key] != preset.get(key)
    }
    base = _switched(preset, choices) if choices else preset
    others = {
        key: value
        for key, value in config.items()
        if key not in choices
        and key not in NOT_COMPARED
        and not key.startswith("about.")
        and base.get(key) != value
    }
    for pair in EXCLUSIVE:
        if all(key in others for key in pair):
            for key in pair:
                if others[key] == _defaults(config, key.partition(".")[0]).get(key):
                    del others[key]
                    break
    return {**choices, **others}


def changes_in_words(changes: Mapping[str, Any]) -> str:
    """Changes as a list shows them: ``data imagefolder, lr 0.05, blocks 2-3-3``."""
    return ", ".join(f"{_word(key)} {_brief(value)}" for key, value in changes.items())


def _word(key: str) -> str:
    """A key's name, with its section where the name alone is ambiguous."""
    section, _, name = key.partition(".")
    if key in _tags():
        return section
    return f"{section} {name}" if name in _ambiguous() else name


def _brief(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list):
        return "-".join(_brief(item) for item in value)
    return str(value) if value != "" else "none"


def _switched(preset: Mapping[str, Any], choices: Mapping[str, Any]) -> dict[str, Any]:
    """The preset with other kinds and nothing else changed; each brings its own defaults."""
    tables: dict[str, Any] = {}
    for key, value in preset.items():
        section, _, name = key.partition(".")
        tables.setdefault(section, {})[name] = value
    after = apply_changes(tables, choices)
    flat = {f"{section}.{name}": v for section, table in after.items() for name, v in table.items()}
    for key in choices:
        flat = {**_defaults(flat, key.partition(".")[0]), **flat}
    return flat


def _defaults(config: Mapping[str, Any], section: str) -> dict[str, Any]:
    """The defaults of a section as the configuration has chosen it, by dotted key."""
    variants = section_variants(RunConfig, section)
    tag = next((key for key in _tags() if key.startswith(f"{section}.")), "")
    variant = variants.get(str(config.get(tag, section)))
    return _defaults_of(variant, section) if variant else {}


@cache
def _defaults_of(variant: type[BaseModel], section: str) -> dict[str, Any]:
    return {
        f"{section}.{name}": field.get_default(call_default_factory=True)
        for name, field in variant.model_fields.items()
        if not field.is_required()
    }


@cache
def _tags() -> tuple[str, ...]:
    """The keys that choose between kinds: ``model.kind``, ``data.name``, …"""
    tags = []
    for section in RunConfig.model_fields:
        variants = [*section_variants(RunConfig, section).values()]
        if len(variants) > 1 and (tag := discriminator(variants[0])):
            tags.append(f"{section}.{tag}")
    return tuple(tags)


@cache
def _ambiguous() -> frozenset[str]:
    """Names of keys that several sections have, or that say little without their section."""
    sections: dict[str, set[str]] = {}
    for section in RunConfig.model_fields:
        for variant in section_variants(RunConfig, section).values():
            for name in variant.model_fields:
                sections.setdefault(name, set()).add(section)
    return frozenset((*VAGUE, *(name for name, found in sections.items() if len(found) > 1)))
