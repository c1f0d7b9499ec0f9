"""A diff update leaves the terminal as Textual's own does, and is shorter."""

import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.cells import cell_len
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate
from textual.strip import Strip

from workbench.ui import output_diff
from workbench.ui.app import WorkbenchApp
from workbench.ui.output_diff import StyleWriter, partial_update_class, render_diff, shorten
from workbench.ui.runs.screen import RunsScreen

CONSOLE = Console(color_system="truecolor", force_terminal=True)
RED, BOLD = Style(color="#ff0000", bgcolor="#101010"), Style(color="#ff0000", bold=True)
GREY = Style(color="#808080", bgcolor="#101010")
SEQUENCE = re.compile("\x1b\\[([0-9;]*)([Hm])")
Cells = dict[tuple[int, int], tuple[str, str]]


def terminal(written: str) -> Cells:
    """What a terminal shows, by row and column: the character and how it is drawn."""
    cells: Cells = {}
    row = column = 1
    attributes, writer, ground = "", "39", "49"
    parts = SEQUENCE.split(written)
    for text, numbers, kind in zip(
        parts[0::3], [*parts[1::3], ""], [*parts[2::3], ""], strict=True
    ):
        for letter in text.replace("\n", ""):
            blank = letter == " " and not attributes
            cells[row, column] = letter, f"{attributes} {'' if blank else writer} {ground}"
            column += cell_len(letter)
        if kind == "H":
            row, column = map(int, numbers.split(";"))
        elif kind == "m":
            for part in re.findall(r"[34]8;2;\d+;\d+;\d+|\d+", numbers):
                if part == "0":
                    attributes, writer, ground = "", "39", "49"
                elif part.startswith("3"):
                    writer = part
                elif part.startswith("4"):
                    ground = part
                else:
                    attributes += part
    return cells


def update(spans: list[tuple[int, int, int]]) -> ChopsUpdate:
    """Two widgets of 20 and 10 cells beside each other, in two lines."""
    left = Strip([Segment("loss ", GREY), Segment("0.123", RED), Segment("  漢字  step 7", GREY)])
    right = Strip([Segment("val ", BOLD), Segment("      ", GREY)])
    lines = [{0: left, 24: right}, {0: Strip([Segment("x" * 24, RED)]), 24: None}]
    return ChopsUpdate(lines, spans, [[24, 34], [24, 34]])


@pytest.mark.parametrize(
    "spans",
    [
        [(0, 0, 34)],
        [(0, 5, 9)],
        [(0, 7, 30), (1, 3, 4)],
        [(0, 2, 4), (0, 12, 14), (0, 26, 33), (1, 0, 34)],
    ],
)
def test_the_terminal_shows_the_same_within_the_spans(spans: list[tuple[int, int, int]]) -> None:
    before, after = update(spans).render_segments(CONSOLE), render_diff(update(spans), CONSOLE)
    asked = {(y + 1, x + 1) for y, start, stop in spans for x in range(start, stop)}
    shown = terminal(after)
    assert shown.items() <= terminal(before).items()
    assert shown.keys() == terminal(before).keys() & asked
    assert len(after) <= len(before)


@pytest.mark.parametrize("colours", ["standard", "256", "truecolor", "windows", None])
def test_every_kind_of_terminal_is_written_to(colours: str | None) -> None:
    console = Console(color_system=colours, force_terminal=True)  # type: ignore[arg-type]
    written = render_diff(update([(0, 0, 34)]), console)
    assert "loss 0.123  漢字  step 7" in re.sub("\x1b\\[[0-9;]*[Hm]", "", written)
    assert ("38;2;255;0;0" in written) == (colours in ("truecolor", None))
    assert ("38;5;196" in written) == (colours == "256")


def test_a_style_is_said_once_and_only_what_changes_of_it() -> None:
    writer = StyleWriter(ColorSystem.TRUECOLOR)
    texts = (("a", RED), ("b", RED), ("c", GREY), ("  ", RED), ("d", GREY), ("e", BOLD))
    assert [writer.write(Segment(text, style)) for text, style in texts] == [
        "\x1b[0;38;2;255;0;0;48;2;16;16;16ma",
        "b",
        "\x1b[38;2;128;128;128mc",
        "  ",
        "d",
        "\x1b[0;1;38;2;255;0;0;49me",
    ]


def test_fewer_colours_are_fewer_bytes() -> None:
    writer = StyleWriter(ColorSystem.EIGHT_BIT)
    assert writer.write(Segment("a", RED)) == "\x1b[0;38;5;196;48;5;233ma"


@pytest.fixture
def displayed(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the app gives to Textual to be sent."""
    shown: list[Any] = []
    monkeypatch.setattr(
        "textual.app.App._display", lambda app, screen, renderable: shown.append(renderable)
    )
    return shown


async def test_the_app_sends_partial_updates_in_fewer_bytes(
    tmp_path: Path, displayed: list[Any]
) -> None:
    app = WorkbenchApp(tmp_path)
    app._display(None, update([(0, 0, 3)]))  # type: ignore[arg-type]
    app._display(None, "text")  # type: ignore[arg-type]
    shortened, text = displayed
    assert isinstance(shortened, ChopsUpdate) and text == "text"
    assert shortened.render_segments(CONSOLE) == render_diff(update([(0, 0, 3)]), CONSOLE)


class OtherParts(ChopsUpdate):
    """A partial update as a later Textual may have it."""

    def __init__(self, lines: object) -> None:
        super().__init__([], [], [])


@pytest.mark.parametrize("later", [SimpleNamespace(), SimpleNamespace(ChopsUpdate=OtherParts)])
async def test_without_textuals_private_class_its_own_updates_are_sent(
    later: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "textual._compositor", later)  # type: ignore[arg-type]
    monkeypatch.setattr(output_diff, "PARTIAL", partial_update_class())
    assert output_diff.PARTIAL is None
    plain, sent = update([(0, 0, 3)]), update([(0, 0, 3)])
    shorten(sent)
    assert sent.render_segments(CONSOLE) == plain.render_segments(CONSOLE)
    async with WorkbenchApp(tmp_path).run_test() as pilot:
        await pilot.press("f4")
        await pilot.pause()
        assert isinstance(pilot.app.screen, RunsScreen)
