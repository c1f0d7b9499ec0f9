"""Finds sweeps: a file by its path or name, or one that has begun."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.config.presets import installed_folder, own_folder
from workbench.config.toml import read_tables
from workbench.errors import RequestError
from workbench.sweeps.config import SweepConfig, read_sweep
from workbench.sweeps.folder import list_sweeps, open_sweep, stored_sweep


@dataclass(frozen=True)
class SweepInfo:
    """A sweep file in a list: name, title, preset."""

    name: str
    title: str
    preset: str
    path: Path


def list_sweep_files() -> list[SweepInfo]:
    """Installed sweep files and the user's own ones, which hide installed ones of their name.

    A file that cannot be read is skipped here; :func:`find_sweep` says what is wrong.
    """
    found = {info.name: info for info in _files()}
    return sorted(found.values(), key=lambda info: info.name)


def find_sweep(
    sweep: str, runs_dir: Path, changes: Mapping[str, Any] | None = None, *, begun: bool = False
) -> tuple[str, SweepConfig]:
    """The name and configuration of a sweep, given its path or name.

    With ``begun`` it is one in ``runs_dir``, as it was started last.
    """
    if begun:
        folder = open_sweep(Path(sweep).stem if sweep.endswith(".toml") else sweep, runs_dir)
        if not folder.spec.is_file():
            names = [each.name for each in list_sweeps(runs_dir)]
            there = f"there are {', '.join(names)}" if names else "none has begun"
            raise RequestError(f"no sweep {folder.name!r} has begun in {runs_dir}; {there}")
        if not changes:
            return folder.name, stored_sweep(folder)
        return folder.name, read_sweep(folder.spec, changes)
    for info in list_sweep_files():
        if info.name == sweep:
            return info.name, read_sweep(info.path, changes)
    path = Path(sweep)
    if path.is_file() or path.suffix == ".toml":
        return path.stem, read_sweep(path, changes)
    names = [info.name for info in list_sweep_files()]
    near = difflib.get_close_matches(sweep, names, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]}?" if near else "`workbench sweep --list` lists them"
    raise RequestError(f"no sweep {sweep!r}; {hint}")


def _files() -> Iterator[SweepInfo]:
    for folder in (installed_folder(), own_folder()):
        for path in sorted((folder / "sweeps").glob("*.toml")):
            try:
                tables = read_tables(path)
            except RequestError:
                continue
            title, preset = str(tables.get("title", "")), str(tables.get("preset", ""))
            yield SweepInfo(path.stem, title, preset, path)
