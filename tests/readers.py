"""Everything that reads a stranger's bytes, as functions to be fuzzed.

Each takes any bytes and must come to an end: with a result, or with a
:class:`WorkbenchError`, which the user sees as one line. Anything else is a bug.
"""

import json
from collections.abc import Callable
from pathlib import Path

from workbench.config import parse_value, read_config
from workbench.config.presets import find_preset
from workbench.errors import WorkbenchError
from workbench.runs.history.run_info import as_json, read_run
from workbench.runs.history.state import RunState
from workbench.runs.library.query import parse_query
from workbench.runs.live.control import RequestReader
from workbench.runs.store.events import EventTail, decode
from workbench.runs.store.folder import RunFolder, find_run
from workbench.runs.store.gallery import read_gallery


def configuration(data: bytes, folder: Path) -> None:
    """A preset or ``config.toml``."""
    path = folder / "config.toml"
    path.write_bytes(data)
    read_config(path)


def events(data: bytes, folder: Path) -> None:
    """``metrics.jsonl``, read in two parts as a tail does, and folded."""
    path = folder / "metrics.jsonl"
    path.write_bytes(data[: len(data) // 2])
    tail, state = EventTail(path), RunState()
    state.fold(tail.read())
    path.write_bytes(data)
    state.fold(tail.read())
    assert 0 <= state.progress <= 1


def event_fields(data: bytes, _: Path) -> None:
    """One well-formed event of a known kind with any content."""
    text = data.decode("utf-8", "replace")
    for kind in ("start", "phase", "status", "step", "pace", "epoch", "test", "notice"):
        line = '{"event":' + json.dumps(kind) + "," + text.lstrip("{")
        if event := decode(line.encode()):
            RunState().fold([event])


def run_directory(data: bytes, folder: Path) -> None:
    """A run whose record, launch note and configuration are anything."""
    run = RunFolder(folder)
    for path in (run.record, run.launch, run.config, run.control):
        path.write_bytes(data)
    json.dumps(as_json(read_run(run)), default=str)
    RequestReader(run).read()


def query(data: bytes, _: Path) -> None:
    """The filter of the run list."""
    parse_query(data.decode("utf-8", "replace"))


def names(data: bytes, folder: Path) -> None:
    """Names of runs and presets: what is found lies where it should."""
    name = data.decode("utf-8", "surrogateescape")
    parse_value(name)
    try:
        found = find_run(name, folder / "runs")
    except WorkbenchError:
        pass
    else:
        assert found.config.is_file()
    find_preset(name)


def gallery(data: bytes, folder: Path) -> None:
    """The images that a worker left for the screen."""
    path = folder / "gallery"
    path.write_bytes(data)
    read_gallery(path)


READERS: dict[str, Callable[[bytes, Path], None]] = {
    reader.__name__: reader
    for reader in (configuration, events, event_fields, run_directory, query, names, gallery)
}


def read(name: str, data: bytes, folder: Path) -> None:
    """Have one reader read, as the program would: its own errors are fine."""
    try:
        READERS[name](data, folder)
    except WorkbenchError as error:
        assert str(error)
