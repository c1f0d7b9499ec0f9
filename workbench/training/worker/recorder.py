"""Writes ``record.toml``: the run's identity, results and environment."""

import importlib.metadata
import os
import platform
import subprocess
import time
from pathlib import Path
from typing import Any

from workbench.config import plugins
from workbench.runs.live.process import own_identity
from workbench.runs.places.placed import place_of
from workbench.runs.store.files import read_tables
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.record import Record, now, read_record, write_record

PACKAGES = ("torch", "torchvision", "numpy", "workbench")


class Recorder:
    """Keeps the record in memory and replaces the file when it is written."""

    def __init__(self, folder: RunFolder, preset: str) -> None:
        self.folder = folder
        self.record: Record = read_record(folder.record)
        worker = own_identity()
        run = self.record.setdefault("run", {})
        run |= {
            "id": folder.id,
            "preset": preset,
            "started": run.get("started") or now(),
            "seconds": run.get("seconds", 0.0),
            "workers": int(run.get("workers", 0)) + 1,
            "pid": worker.pid,
            "pid_started": worker.started,
            "boot": worker.boot,
            "host": worker.host,
        }
        if lineage := parent_of(folder):
            run |= lineage
        self.record.pop("place", None)  # an earlier worker may have trained elsewhere
        if place := place_of(folder):
            self.record["place"] = place
        run.pop("ended", None)
        self.record.pop("error", None)

    @classmethod
    def going_on(cls, folder: RunFolder) -> "Recorder":
        """Of a process that another one, the run's worker, has started."""
        recorder = cls.__new__(cls)
        recorder.folder, recorder.record = folder, read_record(folder.record)
        return recorder

    def reload(self) -> None:
        """Take over what a process that was started by this one has written."""
        self.record = read_record(self.folder.record) or self.record

    def status(self, status: str) -> None:
        """Set the status and write the record."""
        self.record["run"]["status"] = status
        self.write()

    def note(self, section: str, **values: Any) -> None:
        """Set values of a section in memory; the next :meth:`write` saves them."""
        self.record.setdefault(section, {}).update(values)

    def end(self, status: str, error: dict[str, str] | None = None) -> None:
        """Set the final status, the time and the error, and write the record."""
        self.record["run"] |= {"status": status, "ended": now()}
        if error:
            self.record["error"] = error
        self.write()

    def write(self) -> None:
        """Replace the file; raises OSError where it cannot be written."""
        write_record(self.folder.record, self.record)

    def write_last(self, status: str, error: dict[str, str] | None = None) -> None:
        """As :meth:`end`, trying again for 3.6 s where the disk is full; raises OSError then."""
        for wait in (0.1, 0.5, 1.0, 2.0, 0.0):
            try:
                self.end(status, error)
                return
            except OSError as failure:
                last = failure
                time.sleep(wait)
        raise last


def parent_of(folder: RunFolder) -> dict[str, Any]:
    """``parent`` and ``parent_changes`` of a child, ``replay_of`` of a replay; {} for others."""
    if not folder.parent.exists():
        return {}
    table = read_tables(folder.parent)
    return {
        "parent": table.get("parent"),
        "parent_changes": table.get("changes"),
        "replay_of": table.get("replay_of"),
    }


def compiled_before(folder: RunFolder, record: Record) -> str:
    """How a run was compiled by an earlier worker, or the run that it repeats; "" if it is new."""
    earlier = record.get("environment", {}).get("compile")
    if earlier is None and folder.parent.exists():
        earlier = read_tables(folder.parent).get("compile")
    return str(earlier or "")


def environment(compute_name: str, precision: str, threads: int) -> dict[str, Any]:
    """The record's ``[environment]``: versions, processor, device, precision, threads, commit."""
    versions = {name: _version(name) for name in PACKAGES}
    return {
        "python": platform.python_version(),
        **versions,
        "platform": platform.platform(),
        "processor": _processor(),
        "device": compute_name,
        "precision": precision,
        "threads": threads,
        "git_commit": git_commit(),
        **({"plugins": used} if (used := _plugins()) else {}),
    }


def _plugins() -> list[str]:
    """The packages whose networks, data sets, tasks or optimisers this run uses."""
    used = {
        f"{plugin.package} {plugin.version}"
        for plugin in plugins.plugins()
        if plugin.name in plugins.loaded(plugin.section)
    }
    return sorted(used)


def git_commit() -> str | None:
    """The checkout's commit, with ``+`` where it was edited; None outside of a checkout."""
    package = Path(__file__).parents[2]
    if not (package.parent / ".git").exists():
        return None

    def git(*arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=package, capture_output=True, text=True, timeout=5, check=True
        )
        return done.stdout.strip()

    try:
        edited = git("status", "--porcelain", "--untracked-files=no", "--", "workbench")
        return git("rev-parse", "HEAD") + ("+" if edited else "")
    except (OSError, subprocess.SubprocessError):
        return None


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0]} × {os.cpu_count()}" if names else platform.processor()
