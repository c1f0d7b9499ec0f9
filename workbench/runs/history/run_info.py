"""Reads one run whole: record, configuration, changes and status, as ``show`` prints it."""

from dataclasses import dataclass
from typing import Any

from workbench.config import RunConfig, changes_from, flatten, to_tables
from workbench.config.presets import load_preset
from workbench.errors import RequestError
from workbench.runs.live.status import RunStatus, read_status
from workbench.runs.places.placed import place_now
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.record import Record, read_record


@dataclass(frozen=True)
class RunInfo:
    """A run's folder, record, configuration, changes from its preset, and status."""

    folder: RunFolder
    status: RunStatus
    record: Record
    config: RunConfig | None  # None where config.toml cannot be read
    changes: dict[str, Any]  # what differs from the preset it was made from

    @property
    def id(self) -> str:
        """The run's id."""
        return self.folder.id

    def value(self, section: str, key: str) -> Any:
        """A value of the record; None where it is not there (yet)."""
        return self.record.get(section, {}).get(key)


def read_run(folder: RunFolder) -> RunInfo:
    """Read a run; files that are missing or damaged leave their part empty."""
    record = read_record(folder.record)
    try:
        config = folder.read_config()
    except RequestError:
        config = None
    changes = preset_changes(config) if config else {}
    return RunInfo(folder, read_status(folder, record), record, config, changes)


def preset_changes(config: RunConfig) -> dict[str, Any]:
    """The values that differ from the run's preset, by dotted key; {} where it has none."""
    try:
        preset = load_preset(config.about.preset)
    except RequestError:
        return {}
    return changes_from(flatten(to_tables(preset)), flatten(to_tables(config)))


def as_json(run: RunInfo) -> dict[str, Any]:
    """``show --json``: the record as one object, its status as it is now."""
    record = {section: dict(table) for section, table in run.record.items()}
    table = record.setdefault("run", {})
    table.setdefault("id", run.id)
    if run.config is not None:
        table.setdefault("preset", run.config.about.preset)
    table["status"] = run.status.name
    if place := place_now(run.folder):
        record["place"] = place | ({"nodes": []} if run.status.waits else {})
    return {
        "id": run.id,
        "status": run.status.name,
        "reason": run.status.reason,
        "path": str(run.folder.path),
        **record,
        "changes": run.changes,
        "config": to_tables(run.config) if run.config else None,
    }
