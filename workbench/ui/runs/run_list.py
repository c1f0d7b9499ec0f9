"""The list of runs: of ten thousand rows only visible ones are drawn, if they changed."""

from collections.abc import Sequence

from textual import events
from textual.geometry import Region, Size
from textual.message import Message

from workbench.runs.library.row import RunRow
from workbench.ui.runs.columns import (
    COLUMNS,
    Column,
    column_at,
    heading,
    layout,
    row_line,
)
from workbench.ui.widgets.lines import Line, Lines, changed_stretches


class RunHeading(Lines):
    """The titles of the columns; a click sorts."""

    class Chosen(Message):
        """A title was clicked."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._columns: Sequence[Column] = COLUMNS
        self._sort, self._descending = "", False

    def show(self, columns: Sequence[Column], sort: str, descending: bool) -> None:
        """Show columns, and which one is sorted."""
        self._columns, self._sort, self._descending = columns, sort, descending
        width = self.size.width
        if width:
            self.show_lines([heading(layout(width, columns), sort, descending, width)])

    def on_resize(self) -> None:
        """Fit the columns to the new width."""
        self.show(self._columns, self._sort, self._descending)

    def on_click(self, event: events.Click) -> None:
        """Post the clicked column."""
        width = self.size.width
        if key := column_at(layout(width, self._columns), event.x, width):
            self.post_message(self.Chosen(key))


class RunList(Lines, can_focus=True):
    """Rows with a cursor that stays on its run when the order changes."""

    class Moved(Message):
        """The cursor is on another run, or the run under it has changed."""

    class Opened(Message):
        """A run was double-clicked."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.rows: list[RunRow] = []
        self.marked: set[tuple[str, str]] = set()  # keys of the rows
        self._columns: Sequence[Column] = COLUMNS
        self._cursor = 0
        self._window: dict[int, Line] = {}  # what is shown, by row

    @property
    def current(self) -> RunRow | None:
        """The run under the cursor; None in an empty list."""
        return self.rows[self._cursor] if self._cursor < len(self.rows) else None

    def show_rows(self, rows: list[RunRow], columns: Sequence[Column] = COLUMNS) -> None:
        """Show runs in this order; the cursor stays on its run if it is there."""
        before = self.current
        self.rows, self._columns = rows, columns
        if before is not None:
            places = {row.key: at for at, row in enumerate(rows)}
            self._cursor = places.get(before.key, min(self._cursor, max(0, len(rows) - 1)))
        size = Size(self.size.width, len(rows))
        if size != self.virtual_size:
            self.virtual_size = size
        self.repaint()
        if self.current != before:
            self.post_message(self.Moved())

    def move(self, to: int) -> None:
        """Put the cursor on a row and scroll to it."""
        if not self.rows:
            return
        self._cursor = max(0, min(len(self.rows) - 1, to))
        self.scroll_to_region(Region(0, self._cursor, 1, 1), animate=False)
        self.repaint()
        self.post_message(self.Moved())

    def move_by(self, rows: int) -> None:
        """Move the cursor down (or up)."""
        self.move(self._cursor + rows)

    def toggle_mark(self) -> None:
        """Mark or unmark the run under the cursor, and go to the next."""
        if row := self.current:
            self.marked ^= {row.key}
            self.move_by(1)

    def chosen(self) -> list[RunRow]:
        """The marked runs; the one under the cursor where none is marked."""
        marked = [row for row in self.rows if row.key in self.marked]
        return marked or ([self.current] if self.current else [])

    def line_at(self, y: int) -> Line:
        """The line of one row; empty below the last."""
        if y >= len(self.rows):
            return []
        row, width = self.rows[y], self.size.width
        return row_line(
            row,
            layout(width, self._columns),
            width,
            marked=row.key in self.marked,
            cursor=y == self._cursor,
        )

    def repaint(self) -> None:
        """Refresh the visible rows that have changed."""
        top, height = self.scroll_offset.y, self.size.height
        regions = []
        window = {}
        for y in range(top, top + height):
            window[y] = line = self.line_at(y)
            stretches = changed_stretches(self._window.get(y, []), line)
            regions += [self._region(y - top, *stretch) for stretch in stretches]
        self._window = window
        if regions:
            self.refresh(*regions)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Draw the rows in view."""
        super().watch_scroll_y(old_value, new_value)
        self.repaint()

    def on_resize(self) -> None:
        """Fit the columns to the new width."""
        self.virtual_size = Size(self.size.width, len(self.rows))
        self.repaint()

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor, a second one opens."""
        y = event.y + self.scroll_offset.y
        if y < len(self.rows):
            self.move(y)
            if event.chain == 2:
                self.post_message(self.Opened())
