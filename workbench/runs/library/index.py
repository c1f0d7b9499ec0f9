"""An index of a runs directory (SQLite), so that ten thousand runs are listed at once.

A cache: it may be deleted at any time. A row is read again when its run's folder has a new
modification time, which every file renamed into it gives; rows of live runs are read at every
refresh.
"""

import contextlib
import json
import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workbench.config import to_tables
from workbench.config.presets import load_preset
from workbench.errors import RequestError
from workbench.runs.history.feed import RunFeed
from workbench.runs.history.state import RunState
from workbench.runs.library.query import Query
from workbench.runs.library.row import RunRow, flat, make_row, rows_from_json
from workbench.runs.live import line
from workbench.runs.live.status import read_status
from workbench.runs.store.events import Event, EventTail, finite
from workbench.runs.store.files import read_tables
from workbench.runs.store.folder import ID, RunFolder
from workbench.runs.store.record import read_record

FILE = ".index.sqlite3"
VERSION = 3
FRESH = 2_000_000_000  # ns: a folder that changed so lately may change again within the same tick
NO_STEPS = 1 << 40  # of the steps none is needed
OF_EPOCH = ("event", "time", "epoch", "step", "val_accuracy", "images_per_second")
TELL = 0.25  # seconds between two reports of a long look


class RunIndex:
    """The rows of a runs directory; :meth:`refresh` brings them up to date.

    One thread may refresh while another selects.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._rows: dict[str, RunRow] = {}
        self._marks: dict[str, int] = {}
        self._feeds: dict[str, RunFeed] = {}
        self._presets: dict[str, dict[str, Any]] = {}
        self._places: dict[str, int] = {}  # in line, as of the last look
        self._store = _open(root / FILE)
        self._load()

    def rows(self) -> list[RunRow]:
        """The rows of all runs as of the last refresh, in no order."""
        return list(self._rows.values())

    def refresh(self, report: Callable[[int, int], Any] | None = None) -> bool:
        """Read changed runs again, the newest first; True if any row has changed.

        The first refresh of a large directory takes seconds: meanwhile rows are saved from
        time to time, and ``report`` is called with the runs read and their number.
        """
        marks = _folder_marks(self.root)
        gone = self._rows.keys() - marks.keys()
        for run in gone:
            del self._rows[run]
            self._marks.pop(run, None)
            self._feeds.pop(run, None)
        stale = [run for run, mark in marks.items() if self._is_stale(run, mark)]
        self._places = line.places()
        stale.sort(key=marks.__getitem__, reverse=True)
        changed = bool(gone)
        new: dict[str, str] = {}  # configurations as JSON
        told = time.monotonic()
        for n, run in enumerate(stale, 1):
            before = self._rows.get(run)
            new[run] = self._read(run, marks[run])
            changed |= self._rows.get(run) != before
            if time.monotonic() - told > TELL:
                self._save(new, set())
                new.clear()
                if report:
                    report(n, len(stale))
                told = time.monotonic()
        self._save(new, gone)
        return changed

    def keys(self) -> set[str]:
        """The dotted keys of the runs' configurations."""
        found = self._store.execute("SELECT fields FROM runs GROUP BY kind")
        return {key for (fields,) in found for key in json.loads(fields)}

    def values(self, key: str) -> dict[str, Any]:
        """The value of a dotted key by run, for the runs that have it."""
        path = f'$."{key}"'
        found = self._store.execute(
            "SELECT id, json_type(fields, ?1), json_extract(fields, ?1) FROM runs", (path,)
        )
        return {run: _value(kind, value) for run, kind, value in found if kind is not None}

    def select(self, query: Query) -> list[RunRow]:
        """The rows that match a filter."""
        dotted = {name: self.values(name) for name in query.names if "." in name}
        chosen = []
        for row in self.rows():

            def lookup(name: str, row: RunRow = row) -> Any:
                if name in dotted:
                    return dotted[name].get(row.id)
                return getattr(row, name)

            if query.matches(lookup):
                chosen.append(row)
        return chosen

    def close(self) -> None:
        """Close the file."""
        self._store.close()

    def _is_stale(self, run: str, mark: int) -> bool:
        return self._marks.get(run) != mark or run in self._feeds

    def _read(self, run: str, mark: int) -> str:
        """Read one row; returns the run's configuration as JSON, "" for a folder that is no run."""
        folder = RunFolder(self.root / run)
        try:
            config = flat(read_tables(folder.config))
        except RequestError:
            if not folder.is_run:
                self._rows.pop(run, None)
                return ""
            config = {}
        record = read_record(folder.record)
        now = read_status(folder, record, self._places)
        state = self._follow(folder, now.is_live)
        preset = self._preset(str(config.get("about.preset", "")))
        row = make_row(folder, now, record, config, preset, state)
        settled = not (now.is_live or now.passing) and time.time_ns() - mark > FRESH
        self._marks[run] = mark if settled else 0
        self._rows[run] = row
        return json.dumps(finite(config), separators=(",", ":"), default=str)

    def _follow(self, folder: RunFolder, live: bool) -> RunState:
        """The state from a run's events: followed while it lives, else read once without steps."""
        if not live:
            self._feeds.pop(folder.id, None)
            tail, state = EventTail(folder.metrics), RunState()
            while events := tail.read(every=NO_STEPS):
                state.fold(map(_for_row, events))
            return state
        feed = self._feeds.get(folder.id)
        if feed is None:
            feed = self._feeds[folder.id] = RunFeed(folder)
            feed.catch_up(lambda share: None)
        elif feed.is_far_behind:
            feed.catch_up(lambda share: None)
        feed.advance(4)
        return feed.state

    def _preset(self, name: str) -> dict[str, Any]:
        if name not in self._presets:
            try:
                self._presets[name] = flat(to_tables(load_preset(name))) if name else {}
            except RequestError:
                self._presets[name] = {}
        return self._presets[name]

    def _load(self) -> None:
        found = self._store.execute("SELECT id, mark, row FROM runs").fetchall()
        try:
            rows = rows_from_json([row for _, _, row in found], str(self.root))
            self._rows = {row.id: row for row in rows}
            self._marks = {run: mark for run, mark, _ in found}
        except (ValueError, TypeError):
            self._rows, self._marks = {}, {}  # written by another version: read them again

    def _save(self, new: dict[str, str], gone: set[str]) -> None:
        """Save the rows; where the index cannot be written, the next start is slower."""
        lines = [
            (run, self._marks[run], self._rows[run].preset, self._rows[run].to_json(), fields)
            for run, fields in new.items()
            if run in self._rows
        ]
        if not lines and not gone:
            return
        with contextlib.suppress(sqlite3.Error), self._store:
            self._store.executemany("INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?)", lines)
            self._store.executemany("DELETE FROM runs WHERE id = ?", [(run,) for run in gone])


def _folder_marks(root: Path) -> dict[str, int]:
    """Time of last change of every run's folder, ns."""
    try:
        with os.scandir(root) as entries:
            return {
                entry.name: entry.stat().st_mtime_ns
                for entry in entries
                if ID.fullmatch(entry.name) and entry.is_dir()
            }
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except PermissionError:
        raise RequestError(f"{root}: cannot be read: permission denied") from None


def _for_row(event: Event) -> Event:
    """The part of an event that a row needs."""
    if event["event"] == "epoch":
        return {name: event[name] for name in OF_EPOCH if name in event}
    return {name: value for name, value in event.items() if not isinstance(value, dict | list)}


def _value(kind: str, value: Any) -> Any:
    """A JSON value from SQLite as a Python value."""
    if kind in ("true", "false"):
        return kind == "true"
    return json.loads(value) if kind in ("array", "object") else value


def _open(path: Path) -> sqlite3.Connection:
    """Open the index; a damaged one is begun anew; where none can be written, in memory."""
    if path.is_symlink():  # what is behind it is not ours to write
        path.unlink(missing_ok=True)
    for _ in range(2):
        try:
            return _prepare(sqlite3.connect(path, timeout=2.0, check_same_thread=False))
        except sqlite3.OperationalError:
            break  # no such folder, not writable, locked
        except sqlite3.DatabaseError:
            path.unlink(missing_ok=True)
    return _prepare(sqlite3.connect(":memory:", check_same_thread=False))


def _prepare(store: sqlite3.Connection) -> sqlite3.Connection:
    store.execute("PRAGMA journal_mode = WAL")
    store.execute("PRAGMA synchronous = NORMAL")
    if store.execute("PRAGMA user_version").fetchone()[0] != VERSION:
        with store:
            store.execute("DROP TABLE IF EXISTS runs")
            columns = "id TEXT PRIMARY KEY, mark INTEGER, kind TEXT, row TEXT, fields TEXT"
            store.execute(f"CREATE TABLE runs ({columns})")
            store.execute(f"PRAGMA user_version = {VERSION}")
    return store
