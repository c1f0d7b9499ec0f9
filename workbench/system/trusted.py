"""Folders whose Python modules presets may name, and importing from there or from a package.

Nothing is imported because a preset, a record or somebody's run folder says so: only modules
of installed packages, and of folders that the user has trusted (``workbench trust DIR``).
"""

import importlib
import importlib.machinery
import importlib.util
import os
import re
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import tomli
import tomli_w

from workbench.errors import ConfigError, RequestError
from workbench.system.paths import config_folder

TARGET = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")
LARGEST = 1_000_000  # bytes of the list


def trusted_folders() -> list[Path]:
    """The folders that the user has trusted, in the order in which that was done."""
    path = _list()
    if not path.is_file():
        return []
    try:
        listed = tomli.loads(path.read_bytes()[:LARGEST].decode()).get("folders", [])
    except (OSError, ValueError) as error:
        raise RequestError(f"{path}: cannot be read: {error}") from None
    return [Path(str(folder)) for folder in listed] if isinstance(listed, list) else []


def trust(folder: Path) -> Path:
    """Trust a folder and what is below it; gives it as it is kept, absolute, links resolved."""
    resolved = folder.expanduser().resolve()
    if not resolved.is_dir():
        raise RequestError(f"{folder}: no such folder")
    if resolved.parent == resolved:
        raise RequestError(f"{resolved}: is the whole machine; trust the folder of your modules")
    _write([*(known for known in trusted_folders() if known != resolved), resolved])
    return resolved


def untrust(folder: Path) -> Path:
    """Trust a folder no longer."""
    resolved = folder.expanduser().resolve()
    if resolved not in trusted_folders():
        raise RequestError(f"{resolved}: is not trusted; `workbench trust --list` lists what is")
    _write([known for known in trusted_folders() if known != resolved])
    return resolved


def find_source(module: str) -> tuple[Path, Path] | None:
    """The trusted folder that has ``module`` (dotted) and the file there; None where none has.

    Raises :class:`RequestError` where two folders have it.
    """
    top = module.partition(".")[0]
    found = []
    for folder in trusted_folders():
        for file in (folder / f"{top}.py", folder / top / "__init__.py"):
            if file.is_file() and file.resolve().is_relative_to(folder):
                found.append((folder, file))
                break
    if len(found) > 1:
        places = " and ".join(str(file) for _, file in found)
        raise RequestError(f"{module}: is in two trusted folders, {places}; untrust one")
    return found[0] if found else None


def load_target(target: str, key: str) -> Any:
    """The object that ``module:name`` names, imported from a trusted folder or a package.

    Raises :class:`ConfigError` for ``key``, with the file and line where the module itself fails.
    """
    if not TARGET.fullmatch(target):
        raise ConfigError({key: f"must be module:name, such as mynet:Net (got {target!r})"})
    name, _, attribute = target.partition(":")
    try:
        module = _import(name, key)
    except ConfigError:
        raise
    except BaseException as error:  # whatever somebody's module raises when it is imported
        if isinstance(error, KeyboardInterrupt):
            raise
        raise ConfigError({key: f"importing {name} failed: {in_own_words(error)}"}) from None
    if not hasattr(module, attribute):
        raise ConfigError({key: f"{module.__file__} has no {attribute!r}"})
    return getattr(module, attribute)


def own_modules() -> dict[str, Path]:
    """The modules that were imported from trusted folders so far: name and file."""
    folders = trusted_folders()
    found = {}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if (
            file
            and Path(file).is_absolute()
            and any(Path(file).resolve().is_relative_to(folder) for folder in folders)
        ):
            found[name] = Path(file)
    return found


def in_own_words(error: BaseException, within: Sequence[Path] = ()) -> str:
    """An error of the user's code: its own file and line, its kind and first line."""
    folders = [*within, *trusted_folders()]
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if any(Path(frame.filename).resolve().is_relative_to(folder) for folder in folders):
            place = f"{frame.filename}, line {frame.lineno}: "
            break
    else:
        place = ""
    if isinstance(error, SyntaxError) and error.filename:
        place = f"{error.filename}, line {error.lineno}: "
    lines = str(error).strip().splitlines()
    return f"{place}{type(error).__name__}: {lines[0][:300] if lines else 'no words'}"


def _import(name: str, key: str) -> ModuleType:
    top = name.partition(".")[0]
    source = find_source(name)
    if source is None:
        if not _is_installed(top):
            raise ConfigError({key: _untrusted(top)})
        return importlib.import_module(name)
    folder, file = source
    known = sys.modules.get(top)
    if known is not None and Path(getattr(known, "__file__", None) or "/").resolve() != (
        file.resolve()
    ):
        raise ConfigError({key: f"{file}: Python has another module {top!r}; rename yours"})
    if str(folder) not in sys.path:
        sys.path.append(str(folder))  # the last: it hides nothing; its modules import each other
    if known is None:
        inside = [str(file.parent)] if file.stem == "__init__" else None  # of a package
        spec = importlib.util.spec_from_file_location(top, file, submodule_search_locations=inside)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[top] = module
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[top]
            raise
    return importlib.import_module(name)


def _is_installed(top: str) -> bool:
    """Whether a package of this name is installed; what lies in the working folder is not."""
    here = {"", ".", str(Path.cwd())}
    found = importlib.machinery.PathFinder.find_spec(
        top, [entry for entry in sys.path if entry not in here]
    )
    return found is not None and (
        found.origin is not None or bool(found.submodule_search_locations)
    )


def _untrusted(top: str) -> str:
    here = Path.cwd()
    near = (here / f"{top}.py", here / top / "__init__.py")
    hint = (
        f"if {here} is yours: workbench trust {here}"
        if any(map(os.path.isfile, near))
        else ("trust its folder first: workbench trust DIR")
    )
    return f"wants to import {top!r}, which is in no trusted folder and no package; {hint}"


def _list() -> Path:
    return config_folder() / "trusted.toml"


def _write(folders: Sequence[Path]) -> None:
    path = _list()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = path.with_suffix(".part")
        scratch.write_text(tomli_w.dumps({"folders": [str(folder) for folder in folders]}))
        scratch.replace(path)
    except OSError as error:
        raise RequestError(f"{path}: cannot be written: {error.strerror}") from None
