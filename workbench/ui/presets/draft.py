"""A preset that is being edited: changes, configuration, refused values. Pure."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from workbench.config import (
    FieldSpec,
    RunConfig,
    change_config,
    flatten,
    parse_value,
    section_variants,
    to_tables,
)
from workbench.config.overrides import EXCLUSIVE
from workbench.errors import ConfigError

TAGS = ("kind", "name")  # the keys that choose between the variants of a section


@dataclass(frozen=True)
class Draft:
    """A preset and the changes made to it.

    ``config`` is the last valid configuration: while ``problems`` has an entry, the one without
    the refused value.
    """

    base: RunConfig
    config: RunConfig
    changes: Mapping[str, Any] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, base: RunConfig) -> Self:
        """An unchanged preset."""
        return cls(base, base)

    @classmethod
    def between(cls, base: RunConfig, config: RunConfig) -> Self:
        """A preset edited until it is ``config``."""
        old, new = flatten(to_tables(base)), flatten(to_tables(config))
        changed = {key: value for key, value in new.items() if old.get(key) != value}
        return cls.of(base)._with({k: v for k, v in changed.items() if not k.startswith("about.")})

    def edit(self, key: str, value: Any) -> Self:
        """The draft with one key set; a value equal to the preset's is no change."""
        changes = {k: v for k, v in self.changes.items() if k != key and k != _partner(key)}
        if self.base_value(key) != value:
            changes[key] = value
        return self._with(_fitting(key, value, changes))

    def reset(self, key: str | None = None) -> Self:
        """The draft with one key, or all, as in the preset."""
        if key is None:
            return self._with({})
        return self.edit(key, self.base_value(key)) if key in self.changes else self

    def base_value(self, key: str) -> Any:
        """The value in the preset; None where its section has no such key."""
        return flatten(to_tables(self.base)).get(key)

    def value(self, key: str) -> Any:
        """The value as edited, refused or not."""
        if key in self.changes:
            return self.changes[key]
        section, _, name = key.partition(".")
        return getattr(getattr(self.config, section), name)

    def problem(self, key: str) -> str:
        """Why the value of ``key`` (of a field or a section) is refused; "" if it is not."""
        for found, text in self.problems.items():
            if re.sub(r"\[\d+\]", "", found) == key:
                return text
        return ""

    def _with(self, changes: Mapping[str, Any]) -> Self:
        try:
            config = change_config(self.base, changes)
        except ConfigError as error:
            return replace(self, changes=changes, problems=error.problems)
        return replace(self, changes=changes, problems={}, config=config)


def read_text(spec: FieldSpec, text: str) -> Any:
    """Parse the text of a field as ``--set`` does; lists also as 5, 4, 3 or 5-4-3.

    What cannot be parsed stays text, which validation refuses.
    """
    text = text.strip()
    if spec.type == "str":
        return text
    if spec.type == "list" and not text.startswith("["):
        text = f"[{text.replace('-', ', ') if re.fullmatch(r'[0-9]+(-[0-9]+)+', text) else text}]"
    if text.startswith("."):
        text = f"0{text}"
    return parse_value(text)


def show_value(value: Any) -> str:
    """A value as text for a field."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(show_value(item) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name} = {_quoted(item)}' for name, item in value.items())}}}"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _quoted(value: Any) -> str:
    return json.dumps(value) if isinstance(value, str) else show_value(value)


def _partner(key: str) -> str:
    """The key that ``key`` excludes, such as train.steps for train.epochs."""
    for pair in EXCLUSIVE:
        if key in pair:
            return pair[1 - pair.index(key)]
    return ""


def _fitting(key: str, value: Any, changes: dict[str, Any]) -> dict[str, Any]:
    """Drop a section's changes of keys that its new kind does not have."""
    section, _, name = key.partition(".")
    variants = section_variants(RunConfig, section)
    if name not in TAGS or value not in variants:
        return changes
    fields = variants[value].model_fields
    return {
        k: v
        for k, v in changes.items()
        if not k.startswith(f"{section}.") or k[len(section) + 1 :] in fields
    }
