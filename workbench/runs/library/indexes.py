"""The indexes of several runs directories (one's own and added ones) as one list."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workbench.errors import RequestError
from workbench.runs.library.index import RunIndex
from workbench.runs.library.query import Query
from workbench.runs.library.row import RunRow
from workbench.runs.store.roots import other_roots
from workbench.system.paths import is_dir


class RunIndexes:
    """An index for every runs directory; ``absent`` says why one cannot be read.

    Several threads may refresh, one after the other, while another selects.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.absent: dict[Path, str] = {}  # roots that are skipped: "is not there now"
        self._indexes: dict[Path, RunIndex] = {}
        self._turn = threading.Lock()  # to refresh
        self._lock = threading.Lock()  # so that no index is closed while it is asked

    @property
    def roots(self) -> list[Path]:
        """The runs directories that are listed, one's own first."""
        return [*self._indexes]

    def refresh(self, report: Callable[[int, int], Any] | None = None) -> bool:
        """Refresh every index; True if any row or root has changed.

        ``report`` as in :meth:`RunIndex.refresh`, for one root after the other. Raises
        :class:`RequestError` where one's own runs directory cannot be read.
        """
        with self._turn:
            return self._refresh_all(report)

    def _refresh_all(self, report: Callable[[int, int], Any] | None) -> bool:
        others = other_roots(self.root)
        absent: dict[Path, str] = {}
        changed = self._refresh(self.root, report)
        for root in others:
            try:
                if not is_dir(root):
                    raise RequestError("is not there now")
                changed |= self._refresh(root, report)
            except RequestError as error:
                absent[root] = str(error).removeprefix(f"{root}: ")
            except OSError as error:  # of a disk that goes away while it is read
                absent[root] = f"cannot be read: {error.strerror}"
        kept = {self.root, *others} - absent.keys()
        for root in [root for root in self._indexes if root not in kept]:
            self._drop(root)
            changed = True
        changed |= absent != self.absent
        self.absent = absent
        return changed

    def select(self, query: Query) -> list[RunRow]:
        """The rows of all roots that match a filter."""
        with self._lock:
            return [row for index in self._indexes.values() for row in index.select(query)]

    def keys(self) -> set[str]:
        """The dotted keys that some configuration has."""
        with self._lock:
            return {key for index in self._indexes.values() for key in index.keys()}  # noqa: SIM118

    def close(self) -> None:
        """Close the files."""
        for root in self.roots:
            self._drop(root)

    def _refresh(self, root: Path, report: Callable[[int, int], Any] | None) -> bool:
        index, new = self._indexes.get(root), False
        if index is None:
            index, new = RunIndex(root), True
            with self._lock:
                self._indexes[root] = index
        return index.refresh(report) or new

    def _drop(self, root: Path) -> None:
        with self._lock:
            self._indexes.pop(root).close()
