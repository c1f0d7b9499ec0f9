"""The typed configuration of a run: sections, validation, TOML, presets. Free of torch."""

from workbench.config.changes import changes_from, changes_in_words
from workbench.config.describe import FieldSpec, describe, section_variants
from workbench.config.overrides import parse_assignment, parse_value
from workbench.config.run import RunConfig
from workbench.config.toml import (
    build_config,
    change_config,
    difference,
    flatten,
    parse_tables,
    read_config,
    read_tables,
    to_tables,
    to_toml,
)

__all__ = [
    "FieldSpec",
    "RunConfig",
    "build_config",
    "change_config",
    "changes_from",
    "changes_in_words",
    "describe",
    "difference",
    "flatten",
    "parse_assignment",
    "parse_tables",
    "parse_value",
    "read_config",
    "read_tables",
    "section_variants",
    "to_tables",
    "to_toml",
]
