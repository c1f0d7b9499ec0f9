"""Reads ``places.toml``, which names where runs may go; ``local`` is always there."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from workbench.config.errors import config_error
from workbench.config.toml import read_tables
from workbench.errors import ConfigError, RequestError
from workbench.runs.places.section import KINDS, SlurmPlace
from workbench.system.paths import config_folder

LOCAL = "local"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")


@dataclass(frozen=True)
class Place:
    """A place that is not this machine, as its table says."""

    name: str
    section: SlurmPlace

    @property
    def kind(self) -> str:
        """Which scheduler it has."""
        return self.section.kind

    @property
    def asked(self) -> dict[str, Any]:
        """What is asked for there, as the record keeps it: every key that is not as it comes."""
        return self.section.model_dump(exclude_defaults=True, exclude={"kind"})


def places_file() -> Path:
    """Where places are defined."""
    return config_folder() / "places.toml"


def read_places() -> dict[str, Place]:
    """The places of ``places.toml`` by name, without ``local``; {} where there is no such file.

    Raises :class:`ConfigError`, which names file, place and key.
    """
    path = places_file()
    if not path.exists():
        return {}
    found = {}
    for name, table in read_tables(path).items():
        found[name] = Place(name, _section(name, table, str(path)))
    return found


def find_place(name: str) -> Place | None:
    """The place of this name; None for ``local``. Raises :class:`RequestError` for no place."""
    if name == LOCAL:
        return None
    places = read_places()
    if name not in places:
        known = ", ".join([LOCAL, *places])
        raise RequestError(f"no place {name!r}; there are {known} ({places_file()} defines them)")
    return places[name]


def _section(name: str, table: Any, source: str) -> SlurmPlace:
    if not isinstance(table, dict):
        raise ConfigError({name: "must be a table, as in [gpu]"}, source)
    if not NAME.fullmatch(name):
        problem = "a place is named by letters, digits, '.', '_' and '-', a letter or digit first"
        raise ConfigError({repr(name): problem}, source)
    if name == LOCAL:
        raise ConfigError({name: "is built in, and always this machine"}, source)
    kind = table.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        wanted = ", ".join(map(repr, KINDS))
        got = "is missing" if kind is None else f"got {kind!r}"
        raise ConfigError({f"{name}.kind": f"must be one of {wanted} ({got})"}, source)
    try:
        return KINDS[kind].model_validate(table)
    except ValidationError as found:
        problems = config_error(found, KINDS[kind], source).problems
        raise ConfigError(
            {f"{name}.{key}": text for key, text in problems.items()}, source
        ) from None
