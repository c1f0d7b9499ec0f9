"""The folder of a sweep, ``<runs>/.sweeps/<name>/``, and the note in its runs' folders.

A sweep's runs are ordinary runs. Its folder has only its configuration and who coordinates it;
its progress is read from the runs.
"""

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomli_w

from workbench.errors import RequestError
from workbench.runs.live.process import ProcessIdentity, own_identity
from workbench.runs.store.atomic import write_atomically
from workbench.runs.store.files import read_tables, tables_or_empty
from workbench.runs.store.folder import ID, RunFolder
from workbench.sweeps.config import SweepConfig, build_sweep, sweep_toml

HOME = ".sweeps"  # no run can be called so


@dataclass(frozen=True)
class SweepFolder:
    """The paths of a sweep's files; its coordinator writes all but ``stop``."""

    path: Path

    @property
    def name(self) -> str:
        """The sweep's name."""
        return self.path.name

    @property
    def runs_dir(self) -> Path:
        """The runs directory of its runs."""
        return self.path.parent.parent

    @property
    def spec(self) -> Path:
        """The sweep's configuration as it was started last."""
        return self.path / "sweep.toml"

    @property
    def results(self) -> Path:
        """The result table as JSON, replaced whenever a run has ended."""
        return self.path / "results.json"

    @property
    def lock(self) -> Path:
        """Held by the coordinator as long as it lives."""
        return self.path / "coordinator.lock"

    @property
    def coordinator(self) -> Path:
        """The identity of the coordinator's process."""
        return self.path / "coordinator.toml"

    @property
    def claims(self) -> Path:
        """Who starts which run, where several coordinators share the work."""
        return self.path / "claims"

    @property
    def log(self) -> Path:
        """The output of a coordinator without a terminal."""
        return self.path / "coordinator.log"

    @property
    def stop(self) -> Path:
        """A file that asks the coordinator to stop the runs and end."""
        return self.path / "stop"

    @property
    def is_coordinated(self) -> bool:
        """True while a coordinator lives (on this machine)."""
        who = ProcessIdentity.from_table(tables_or_empty(self.coordinator, below=1))
        return who is not None and who.is_alive()


def open_sweep(name: str, runs_dir: Path) -> SweepFolder:
    """The folder of a sweep of that name, whether it has begun or not."""
    if not ID.fullmatch(name):
        raise RequestError(
            f"{name!r} cannot be a sweep's name: use letters, digits, '.', '_' and '-'"
        )
    return SweepFolder(runs_dir / HOME / name)


def list_sweeps(runs_dir: Path) -> list[SweepFolder]:
    """The sweeps that have begun in a runs directory, by name."""
    return [SweepFolder(path.parent) for path in sorted((runs_dir / HOME).glob("*/sweep.toml"))]


def store(folder: SweepFolder, sweep: SweepConfig) -> None:
    """Write the sweep's configuration; raises RequestError where it cannot be written."""
    try:
        folder.path.mkdir(parents=True, exist_ok=True)
        write_atomically(folder.spec, sweep_toml(sweep).encode())
    except OSError as error:
        raise RequestError(f"{folder.path}: cannot be written: {error.strerror}") from None


def begin(folder: SweepFolder, sweep: SweepConfig) -> None:
    """Write the sweep's configuration and the calling process as its coordinator."""
    store(folder, sweep)
    who = own_identity().as_table()
    try:
        folder.stop.unlink(missing_ok=True)  # it was for an earlier coordinator
        write_atomically(folder.coordinator, tomli_w.dumps(who).encode())
    except OSError as error:
        raise RequestError(f"{folder.path}: cannot be written: {error.strerror}") from None


def stored_sweep(folder: SweepFolder) -> SweepConfig:
    """Read the sweep's configuration as it was started last."""
    return build_sweep(read_tables(folder.spec), source=str(folder.spec))


@dataclass(frozen=True)
class Note:
    """``sweep.toml`` of a run: the sweep it belongs to, and how often it was started again."""

    sweep: str
    variant: str
    seed: int | None = None
    retries: int = 0
    changes: dict[str, Any] = field(default_factory=dict)


def note_path(run: RunFolder) -> Path:
    """The path of a run's note."""
    return run.path / "sweep.toml"


def write_note(run: RunFolder, note: Note) -> None:
    """Replace a run's note; only the coordinator does."""
    table = {key: value for key, value in vars(note).items() if value is not None}
    write_atomically(note_path(run), tomli_w.dumps(table).encode())


def read_note(run: RunFolder) -> Note | None:
    """The note of a run; None for a run of no sweep."""
    try:
        table = read_tables(note_path(run))
        changes = table.get("changes", {})
        return Note(
            str(table["sweep"]),
            str(table["variant"]),
            int(table["seed"]) if "seed" in table else None,
            int(table.get("retries", 0)),
            dict(changes) if isinstance(changes, dict) else {},
        )
    except (RequestError, KeyError, ValueError, TypeError):
        return None


def prepare_run(runs_dir: Path, run_id: str, config_toml: str, note: Note) -> RunFolder:
    """Make the folder of a run with its configuration and note, whole or not at all."""
    folder = RunFolder(runs_dir / run_id)
    scratch = RunFolder(runs_dir / f".{run_id}.{os.getpid()}.{time.time_ns()}.part")
    try:
        scratch.path.mkdir(parents=True)
        write_atomically(scratch.config, config_toml.encode())
        write_note(scratch, note)
        if folder.path.is_dir() and not any(folder.path.iterdir()):
            folder.path.rmdir()
        scratch.path.rename(folder.path)
    except OSError as error:
        raise RequestError(f"{folder.path}: cannot be written: {error.strerror}") from None
    return folder
