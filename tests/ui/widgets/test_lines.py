"""Only what changed is refreshed, and nothing from outside acts on the terminal."""

from itertools import zip_longest

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.geometry import Region

from workbench.ui.widgets.lines import GAP, Line, Lines, changed_stretches, merged, plain
from workbench.ui.widgets.styles import RoleStyles

ROLES = st.sampled_from(["", "good", "bad"])
SPANS = st.lists(st.tuples(st.text("ab ●漢", max_size=6), ROLES), max_size=5)


def cells(line: Line) -> list[tuple[str, str]]:
    found = []
    for text, role in line:
        for letter in text:
            found += [(letter, role)] * (2 if letter == "漢" else 1)
    return found


def test_the_stretches_are_as_short_as_can_be() -> None:
    before: Line = [("step ", "muted"), ("1,234", ""), (" of 9,999", "muted")]
    after: Line = [("step ", "muted"), ("1,239", ""), (" of 9,999", "muted")]
    assert changed_stretches(before, after) == [(9, 10)]
    assert changed_stretches(before, before) == []
    assert changed_stretches([("a", "")], [("a", "good")]) == [(0, 1)]
    assert changed_stretches([("ab", "")], [("a", ""), ("b", "")]) == []
    assert changed_stretches([("ab", "")], [("a", "")]) == [(1, 2)]


@pytest.mark.parametrize(("between", "stretches"), [(GAP - 1, 1), (GAP, 2), (3 * GAP, 2)])
def test_what_lies_far_apart_is_sent_apart(between: int, stretches: int) -> None:
    lines: list[Line] = [[(f"{n}{'.' * between}{n}", "")] for n in (1, 2)]
    found = changed_stretches(*lines)
    assert len(found) == stretches
    assert (found[0][0], found[-1][1]) == (0, between + 2)


@given(SPANS, SPANS)
def test_outside_the_stretches_both_lines_are_the_same(before: Line, after: Line) -> None:
    old, new = cells(before), cells(after)
    changed = {at for start, end in changed_stretches(before, after) for at in range(start, end)}
    for at, (one, other) in enumerate(zip_longest(old, new)):
        assert one == other or at in changed


@given(SPANS, SPANS)
def test_no_stretch_cuts_a_wide_character(before: Line, after: Line) -> None:
    halves, at = set(), 0  # second halves of wide characters
    for text, _ in after:
        for letter in text:
            at += cell_len(letter)
            if cell_len(letter) == 2:
                halves.add(at - 1)
    for start, end in changed_stretches(before, after):
        assert start not in halves and end not in halves


@given(SPANS)
def test_merging_changes_nothing_that_is_seen(line: Line) -> None:
    def seen(spans: Line) -> list[tuple[str, str]]:
        return [(letter, "" if letter == " " else role) for letter, role in cells(spans)]

    assert seen(merged(line)) == seen(line)
    assert len(merged(line)) <= len(line)


def test_space_with_a_ground_of_its_own_stays_apart() -> None:
    line: Line = [("a", "good"), (" ", "heat2"), (" ", "good cursor"), ("b", "good cursor")]
    assert merged(line) == [("a", "good"), (" ", "heat2"), (" b", "good cursor")]


class OneWidget(App[None]):
    """Counts what its widget refreshes."""

    CSS = "".join(f"RoleStyles > .role--{role} {{ color: red; }}" for role in ("good", "bad"))

    def compose(self) -> ComposeResult:
        yield RoleStyles()
        yield Recorder()


class Recorder(Lines):
    """Keeps the regions it was asked to refresh."""

    def __init__(self) -> None:
        self.refreshed: list[Region] = []
        super().__init__()

    def refresh(self, *regions: Region, **options: bool) -> "Recorder":  # type: ignore[override]
        self.refreshed += regions
        return super().refresh(*regions, **options)


async def test_a_widget_refreshes_the_changed_cells_and_nothing_else() -> None:
    app = OneWidget()
    async with app.run_test(size=(40, 5)) as pilot:
        widget = app.query_one(Recorder)
        widget.show_lines([[("one", "")], [("two ", ""), ("2", "good")]])
        await pilot.pause()
        widget.refreshed.clear()
        widget.show_lines([[("one", "")], [("two ", ""), ("3", "good")]])
        assert widget.refreshed == [Region(4, 1, 1, 1)]
        widget.refreshed.clear()
        widget.show_lines([[("one", "")], [("two ", ""), ("3", "good")]])
        assert widget.refreshed == []


@pytest.mark.parametrize(
    "text",
    ["[bold]x[/bold]", "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "a\rb\nc", "\u202eevil", "\x9b5m"],
)
async def test_markup_and_control_characters_do_not_act(text: str) -> None:
    app = OneWidget()
    async with app.run_test(size=(40, 5)) as pilot:
        widget = app.query_one(Recorder)
        widget.show_lines([[(text, "")]])
        await pilot.pause()
        shown = widget.render_line(0).text
        assert not any(ord(letter) < 32 or 0x7F <= ord(letter) < 0xA0 for letter in shown)
        assert "\u202e" not in shown
        assert ("[bold]x[/bold]" in shown) == ("[bold]" in text)


def test_plain_is_the_text() -> None:
    assert plain([("a", "good"), ("b", "")]) == "ab"


async def test_a_role_is_written_on_the_ground_of_its_widget() -> None:
    class OnGrey(OneWidget):
        CSS = """
            Lines { background: #202020; color: #ffffff; }
            RoleStyles > .role--good { color: #00ff00; text-style: bold; }
            RoleStyles > .role--cursor { background: #0000ff 50%; }
        """

    async with OnGrey().run_test() as pilot:
        widget = pilot.app.query_one(Recorder)
        assert str(widget.style_of("good")) == "bold #00ff00 on #202020"
        assert str(widget.style_of("good cursor")) == "bold #00ff00 on #10108f"
        assert str(widget.style_of("")) == "#ffffff on #202020"
        assert str(widget.style_of("#ff0000 on #000010")) == "#ff0000 on #000010"
        assert str(widget.style_of("#ff0000")) == "#ff0000 on #202020"
