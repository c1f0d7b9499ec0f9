"""A widget of lines of text with roles (colours), which refreshes only what has changed.

New lines are compared with those shown, and only changed stretches are refreshed, which keeps
what is sent to the terminal small. Roles (``good``, ``muted``, …) are classes of the style sheet
(``styles.py``).
"""

from collections.abc import Iterable, Sequence
from itertools import zip_longest

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from workbench.ui.widgets.formatting import clean
from workbench.ui.widgets.styles import RoleStyles

# Text and role. "" is plain; "good cursor" has the first's colour on the second's background;
# "#rrggbb" and "#rrggbb on #rrggbb" are colours, as of an image's cells.
Span = tuple[str, str]
Line = list[Span]

GROUNDED = ("cursor", "heat", "hit", "selected", "#")  # roles that colour what is behind the text
GAP = 8  # cells: about what it costs to move the cursor and to change the colour


def plain(line: Line) -> str:
    """The text of a line without its roles."""
    return "".join(text for text, _ in line)


def merged(line: Line) -> Line:
    """The same line in fewer spans: each costs some forty bytes on its way to the terminal.

    Spaces without a background take the role of their neighbour.
    """
    spans: Line = []
    for text, role in line:
        if spans and text:
            before, role_before = spans[-1]
            no_ground = _has_no_ground(role) and _has_no_ground(role_before)
            if role == role_before or (no_ground and text.isspace()):
                spans[-1] = (before + text, role_before)
                continue
            if no_ground and before.isspace():
                spans[-1] = (before + text, role)
                continue
        spans.append((text, role))
    return spans


def _has_no_ground(role: str) -> bool:
    return not role.startswith(GROUNDED) and " " not in role


def changed_stretches(before: Line, after: Line) -> list[tuple[int, int]]:
    """The stretches of cells that differ: first cell and end of each, in order.

    Fewer than ``GAP`` equal cells do not split a stretch: moving the cursor costs more.
    """
    if before == after:
        return []
    old, new = _cells(before), _cells(after)
    stretches: list[tuple[int, int]] = []
    for at, (one, other) in enumerate(zip_longest(old, new)):
        if one == other:
            continue
        if stretches and at - stretches[-1][1] < GAP:
            stretches[-1] = (stretches[-1][0], at + 1)
        else:
            stretches.append((at, at + 1))
    return stretches


def _cells(line: Line) -> list[Span]:
    """Every cell with its role; a wide character has two different cells."""
    cells: list[Span] = []
    for text, role in line:
        if text.isascii() or cell_len(text) == len(text):
            cells += [(letter, role) for letter in text]
        else:
            for letter in text:
                cells += [(letter * n, role) for n in range(1, cell_len(letter) + 1)]
    return cells


class Lines(ScrollView):
    """Shows lines; :meth:`show_lines` refreshes what differs from those before."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: list[Line] = []
        self._styles: dict[str, Style] = {}

    @property
    def lines(self) -> Sequence[Line]:
        """The lines shown now."""
        return self._lines

    def show_lines(self, lines: Iterable[Line]) -> None:
        """Show these lines, and refresh what has changed."""
        before, self._lines = self._lines, list(lines)
        width = max((sum(cell_len(t) for t, _ in line) for line in self._lines), default=0)
        size = Size(width, len(self._lines))
        if size != self.virtual_size:
            self.virtual_size = size
        top, height = self.scroll_offset.y, self.size.height
        regions = []
        for y in range(top, min(top + height, max(len(before), len(self._lines)))):
            old = before[y] if y < len(before) else []
            new = self._lines[y] if y < len(self._lines) else []
            if old is not new:
                regions += [self._region(y - top, *each) for each in changed_stretches(old, new)]
        if regions:
            self.refresh(*regions)

    def _region(self, y: int, start: int, end: int) -> Region:
        left = self.scroll_offset.x
        return Region(max(0, start - left), y, max(1, end - start), 1)

    def notify_style_update(self) -> None:
        """Clear the styles: a theme or a class has changed."""
        super().notify_style_update()
        self._styles.clear()

    def style_of(self, role: str) -> Style:
        """The style of a role: the style sheet's, or the colours that it names."""
        style = self._styles.get(role)
        if style is None and role.startswith("#"):
            style = self._styles[role] = self.rich_style + Style.parse(role)
        elif style is None:
            ink, _, ground = role.partition(" ") if role != "cursor" else ("", "", role)
            style = self._component(ink)
            if ground:
                style += Style(bgcolor=self._component(ground).bgcolor)
            self._styles[role] = style
        return style

    def _component(self, role: str) -> Style:
        return self.screen.query_one(RoleStyles).style(role, self) if role else self.rich_style

    def line_at(self, y: int) -> Line:
        """Line ``y``; empty below the last."""
        return self._lines[y] if y < len(self._lines) else []

    def render_line(self, y: int) -> Strip:
        """A line of the visible part."""
        left, top = self.scroll_offset
        width = self.size.width
        line = self.line_at(y + top)
        segments = [Segment(clean(text), self.style_of(role)) for text, role in merged(line)]
        strip = Strip(segments)
        return strip.crop_extend(left, left + width, self.rich_style)
