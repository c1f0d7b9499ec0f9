"""Reads and writes ``record.toml``: status, results, environment and data of a run."""

import datetime
import os
from pathlib import Path
from typing import Any

import tomli_w

from workbench.errors import RequestError
from workbench.runs.store.atomic import write_atomically
from workbench.runs.store.files import read_tables

Record = dict[str, Any]


def write_record(path: Path, record: Record) -> None:
    """Replace the record atomically and durably; keys that are None are left out."""
    tables = {
        section: {key: value for key, value in table.items() if value is not None}
        for section, table in record.items()
    }
    write_atomically(path, tomli_w.dumps(tables).encode())


def read_record(path: Path) -> Record:
    """The record's tables; {} where there is none yet or it cannot be read."""
    if not os.path.lexists(path):
        return {}
    try:
        tables = read_tables(path)
    except RequestError as error:
        return {"error": {"message": str(error)}}
    return {name: table for name, table in tables.items() if isinstance(table, dict)}


def now() -> str:
    """The time now in UTC as ISO 8601, to the second."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
