"""What the library shows: the runs of every root, filtered and sorted as the person chose."""

from pathlib import Path

from workbench.runs.library.indexes import RunIndexes
from workbench.runs.library.query import Query, parse_query
from workbench.runs.library.row import RunRow
from workbench.runs.store.roots import root_names
from workbench.ui.runs.columns import COLUMNS, ROOT, Column, root_column, sort_rows

UPWARDS = ("id", "changes", "status", ROOT)  # text is sorted from A, numbers from the highest


class Listing:
    """The filter and the order, over the indexes of the runs; knows no widget."""

    def __init__(self, root: Path) -> None:
        self.runs = RunIndexes(root)
        self.query = Query()
        self.sort, self.descending = "started", True

    def rows(self) -> list[RunRow]:
        """The runs to be shown, in order."""
        return sort_rows(self.runs.select(self.query), self.sort, self.descending)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns; where several runs directories are listed, a run's own is one."""
        names = root_names(self.runs.roots)
        return (*COLUMNS, root_column(names)) if len(names) > 1 else COLUMNS

    def filter(self, text: str) -> None:
        """Show what fulfils a filter only; raises RequestError for one that is not right."""
        self.query = parse_query(text, self.runs.keys())

    def sort_by(self, key: str) -> None:
        """Sort by a column; by the one that it is sorted by, turn the order round."""
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
        """The other way round."""
        self.descending = not self.descending

    def absent(self) -> str:
        """Which runs directories are skipped and why; "" where all are there."""
        left_out = [f"{root} {why}" for root, why in self.runs.absent.items()]
        return f"skipped: {'; '.join(left_out)}" if left_out else ""
