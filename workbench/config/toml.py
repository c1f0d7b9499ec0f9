"""Reads and writes configurations as TOML."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import tomli
import tomli_w
from pydantic import ValidationError

from workbench.config import plugins
from workbench.config.errors import config_error
from workbench.config.overrides import apply_changes
from workbench.config.run import RunConfig
from workbench.errors import RequestError
from workbench.system.regular_files import open_regular

INT64 = 1 << 63  # TOML promises whole numbers of 64 bits, no more
MAX_BYTES = 1_000_000  # a configuration is some kilobytes; a stranger's file may be anything


def build_config(
    tables: Mapping[str, Any], changes: Mapping[str, Any] | None = None, source: str = ""
) -> RunConfig:
    """Validate the tables of a configuration, with dotted ``changes`` made first.

    Raises :class:`ConfigError`, which names every wrong key, and ``source`` with it.
    """
    changed = apply_changes(tables, changes or {})
    plugins.load_named(changed)
    root = plugins.extended(RunConfig)
    try:
        return cast(RunConfig, root.model_validate(changed))
    except ValidationError as found:
        raise config_error(found, root, source) from None


def change_config(config: RunConfig, changes: Mapping[str, Any]) -> RunConfig:
    """``config`` with dotted ``changes`` made, validated as a file is."""
    return build_config(to_tables(config), changes)


def read_tables(path: Path) -> dict[str, Any]:
    """Read a TOML file into plain tables; errors name the file, line and column."""
    try:
        with open_regular(path) as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        if path.is_dir():
            raise RequestError(f"{path}: is a folder, not a TOML file") from None
        raise RequestError(f"{path}: {error.strerror or error}") from None
    if len(data) > MAX_BYTES:
        raise RequestError(f"{path}: larger than {MAX_BYTES:,} bytes, this is no configuration")
    return parse_tables(data, str(path))


def parse_tables(data: bytes, source: str) -> dict[str, Any]:
    """TOML as plain tables; errors name ``source``, line and column."""
    try:
        tables = tomli.loads(data.decode().replace("\r\n", "\n"))
        largest = max(map(abs, _integers(tables)), default=0)
    except tomli.TOMLDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise RequestError(f"{source}: not valid TOML at {place}: {error.msg}") from None
    except UnicodeDecodeError:
        raise RequestError(f"{source}: not valid TOML: it is not UTF-8 text") from None
    except RecursionError:
        raise RequestError(f"{source}: not valid TOML: nested too deeply") from None
    except ValueError:  # Python reads no decimal number of thousands of digits
        largest = INT64
    if largest >= INT64:
        raise RequestError(f"{source}: not valid TOML: a whole number beyond 64 bits")
    return tables


def _integers(value: Any) -> Iterator[int]:
    """Every whole number in nested tables and lists."""
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _integers(item)
    elif isinstance(value, int):
        yield value


def read_config(path: Path, changes: Mapping[str, Any] | None = None) -> RunConfig:
    """Read and validate a configuration file."""
    return build_config(read_tables(path), changes, source=str(path))


def to_tables(config: RunConfig) -> dict[str, Any]:
    """The whole resolved configuration as plain tables, ready for TOML."""
    return config.model_dump(mode="python")


def to_toml(config: RunConfig) -> str:
    """The whole resolved configuration as TOML; reading it back gives an equal one."""
    return tomli_w.dumps(to_tables(config))


def difference(base: RunConfig, other: RunConfig) -> dict[str, tuple[Any, Any]]:
    """Dotted keys whose values differ: key → (in base, in other), without ``about``."""
    before, after = flatten(to_tables(base)), flatten(to_tables(other))
    keys = [key for key in {**before, **after} if not key.startswith("about.")]
    return {
        key: (before.get(key), after.get(key)) for key in keys if before.get(key) != after.get(key)
    }


def flatten(tables: Mapping[str, Any]) -> dict[str, Any]:
    """Tables as dotted keys: ``{"optimizer": {"lr": 1}}`` → ``{"optimizer.lr": 1}``."""
    return {
        f"{section}.{name}": value
        for section, table in tables.items()
        if isinstance(table, Mapping)
        for name, value in table.items()
    }
