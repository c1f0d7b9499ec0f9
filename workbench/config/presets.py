"""Finds, loads and saves presets: installed ones and the user's own."""

import difflib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.config import RunConfig, build_config, read_tables, to_tables
from workbench.config.toml import to_toml
from workbench.errors import RequestError
from workbench.system.paths import config_folder, is_file

NAME = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)+")


@dataclass(frozen=True)
class PresetInfo:
    """A preset in a list: name, title, family, task, data set; the file is not validated."""

    name: str  # family/preset
    title: str
    family: str
    task: str
    dataset: str
    path: Path
    own: bool  # saved by the user


def installed_folder() -> Path:
    """The presets that come with the program: inside the wheel, or beside the checkout."""
    package = Path(__file__).parent.parent
    inside = package / "_presets"
    return inside if inside.is_dir() else package.parent / "presets"


def own_folder() -> Path:
    """The user's own presets: ``$WORKBENCH_PRESETS`` or the user's configuration folder."""
    given = os.environ.get("WORKBENCH_PRESETS")
    return Path(given) if given else config_folder() / "presets"


def list_presets() -> list[PresetInfo]:
    """All presets by name; a user's own one hides an installed one of its name.

    A file that cannot be read is skipped here; :func:`load_preset` says what is wrong.
    """
    found: dict[str, PresetInfo] = {}
    for folder, own in ((installed_folder(), False), (own_folder(), True)):
        for path in sorted(folder.glob("*/*.toml")):
            name = path.relative_to(folder).with_suffix("").as_posix()
            try:
                tables = read_tables(path)
            except RequestError:
                continue
            if isinstance(tables.get("model"), dict):  # a sweep beside them is no preset
                found[name] = _info(name, path, tables, own)
    return sorted(found.values(), key=lambda info: (info.family != "quick", info.name))


def load_preset(
    preset: str | Path | Mapping[str, Any], changes: Mapping[str, Any] | None = None
) -> RunConfig:
    """Load a preset by name, from a TOML file, or from tables; then make dotted ``changes``.

    Raises :class:`RequestError` for an unknown name or unreadable file and
    :class:`ConfigError` for a wrong key or value.
    """
    if isinstance(preset, Mapping):
        return build_config(preset, changes)
    path, name = find_preset(str(preset))
    tables = read_tables(path)
    about = tables.setdefault("about", {})
    if isinstance(about, dict):
        about.setdefault("preset", name)
    return build_config(tables, changes, source=str(preset))


def find_preset(preset: str) -> tuple[Path, str]:
    """The file and the name of a preset, given its name or its path."""
    if NAME.fullmatch(preset):
        for folder in (own_folder(), installed_folder()):
            path = folder / f"{preset}.toml"
            if is_file(path):
                return path, preset
    path = Path(preset)
    if path.suffix == ".toml" or is_file(path):
        if not is_file(path):
            raise RequestError(f"{preset}: no such file")
        return path, path.stem
    names = [info.name for info in list_presets()]
    near = difflib.get_close_matches(preset, names, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]}?" if near else "`workbench presets` lists them"
    raise RequestError(f"no preset {preset!r}; {hint}")


def save_preset(config: RunConfig, name: str, *, replace: bool = False) -> Path:
    """Save a configuration as the user's own preset ``family/name``; returns its path."""
    if not NAME.fullmatch(name) or name.count("/") != 1:
        raise RequestError(
            f"{name!r} cannot be a preset's name: write family/name in a–z, 0–9, '.', '_', '-'"
        )
    path = own_folder() / f"{name}.toml"
    if path.exists() and not replace:
        raise RequestError(f"a preset {name!r} of your own is there already")
    tables = to_tables(config)
    tables["about"]["preset"] = name
    text = to_toml(build_config(tables))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = path.with_suffix(".toml.part")
        scratch.write_text(text, encoding="utf-8")
        scratch.replace(path)
    except OSError as error:
        raise RequestError(f"{path}: cannot be written: {error.strerror}") from None
    return path


def _info(name: str, path: Path, tables: dict[str, Any], own: bool) -> PresetInfo:
    def text(section: str, key: str, default: str = "") -> str:
        table = tables.get(section)
        return str(table.get(key, default)) if isinstance(table, dict) else default

    return PresetInfo(
        name=name,
        title=text("about", "title", name),
        family=name.partition("/")[0],
        task=text("task", "kind", "classification"),
        dataset=text("data", "name"),
        path=path,
        own=own,
    )
