"""The runs of all roots, filtered and sorted, without widgets."""

from pathlib import Path

from workbench.runs.library.indexes import RunIndexes
from workbench.runs.library.query import Query, parse_query
from workbench.runs.library.row import RunRow
from workbench.runs.store.roots import root_names
from workbench.ui.runs.columns import COLUMNS, ROOT, Column, root_column, sort_rows

UPWARDS = ("id", "changes", "status", ROOT)  # text is sorted from A, numbers from the highest


class Listing:
    """Filter and order over the indexes of runs."""

    def __init__(self, root: Path) -> None:
        self.runs = RunIndexes(root)
        self.query = Query()
        self.sort, self.descending = "started", True

    def rows(self) -> list[RunRow]:
        """The runs to show, in order."""
        return sort_rows(self.runs.select(self.query), self.sort, self.descending)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns; with the runs directory where there are several."""
        names = root_names(self.runs.roots)
        return (*COLUMNS, root_column(names)) if len(names) > 1 else COLUMNS

    def filter(self, text: str) -> None:
        """Set the filter; raises RequestError for a wrong one."""
        self.query = parse_query(text, self.runs.keys())

    def sort_by(self, key: str) -> None:
        """Sort by a column; reverse the order if it is sorted by it already."""
        if key == self.sort:
            self.reverse()
        else:
            self.sort, self.descending = key, key not in UPWARDS

    def sort_next(self, by: int) -> None:
        """Sort by the next column, or the one before."""
        keys = ["status", *(column.key for column in self.columns)]
        at = keys.index(self.sort) if self.sort in keys else 0
        self.sort = keys[(at + by) % len(keys)]
        self.descending = self.sort not in UPWARDS

    def reverse(self) -> None:
        """Reverse the order."""
        self.descending = not self.descending

    def absent(self) -> str:
        """The skipped runs directories and why; "" if there are none."""
        left_out = [f"{root} {why}" for root, why in self.runs.absent.items()]
        return f"skipped: {'; '.join(left_out)}" if left_out else ""
