"""Images as pixels in a running app: what goes to the terminal, and what is on the screen."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from textual._compositor import CompositorUpdate
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from workbench.catalog.samples import DatasetInfo, Page, Request, SampleImage
from workbench.ui.data.drawn_samples import DrawnSamples, samples_panel, usable
from workbench.ui.data.samples import DataView, SamplesPanel
from workbench.ui.images.renderers import KittyRenderer, SixelRenderer
from workbench.ui.widgets.lines import plain
from workbench.ui.widgets.styles import RoleStyles

FACTS = DatasetInfo(
    name="digits",
    shape=(3, 2, 2),
    classes=("ant", "bee"),
    counts={"train": (5, 20), "validation": (1, 2), "test": (3, 4)},
    mean=(0.1, 0.2, 0.3),
    std=(0.4, 0.5, 0.6),
    content_hash="abc",
    skipped=(),
)
PLACED = re.compile(r"\x1b7\x1b\[(\d+);(\d+)H\x1bP0;1q\"1;1;(\d+);(\d+)")
SENT = re.compile(r"a=T,U=1,i=(\d+)")
DELETED = re.compile(r"a=d,d=I,i=(\d+)")


def page(colour: int, number: int = 9) -> Page:
    """Images of one colour."""
    return Page(tuple(SampleImage(f"{n}", 2, 2, bytes([colour] * 12)) for n in range(number)))


class PanelScreen(Screen[None]):
    """A panel and a line below it, as on the Data screen."""

    CSS = "#samples { overflow-y: auto; } #keys { dock: bottom; height: 1; }"

    def __init__(self, panel: SamplesPanel) -> None:
        super().__init__()
        self.panel = panel

    def compose(self) -> ComposeResult:
        yield RoleStyles()
        yield self.panel
        yield Static(id="keys")


class Over(ModalScreen[None]):
    """Something that lies over it."""

    CSS = "Over { align: center middle; } #over { width: 40; height: 5; background: blue; }"

    def compose(self) -> ComposeResult:
        yield Static("over", id="over")


class PanelApp(App[None]):
    """An app in which toasts stay until they are taken away, and that keeps what it painted."""

    NOTIFICATION_TIMEOUT = 3600
    painted = ""

    def _display(self, screen: Screen[object], renderable: object) -> None:
        if isinstance(renderable, CompositorUpdate):
            self.painted += renderable.render_segments(self.console)
        super()._display(screen, renderable)  # type: ignore[arg-type]


@asynccontextmanager
async def shown(
    kind: type[KittyRenderer] | type[SixelRenderer], size: tuple[int, int] = (84, 40)
) -> AsyncIterator[tuple[Pilot[None], DrawnSamples, list[str]]]:
    """The panel on its screen with a page, what it sent in a list."""
    sent: list[str] = []
    panel = DrawnSamples(kind(sent.append), sent.append)
    async with PanelApp().run_test(size=size, notifications=True) as pilot:
        await pilot.app.push_screen(PanelScreen(panel))
        panel.show(DataView(Request(9), FACTS, page(10)))
        yield pilot, panel, sent


async def until(pilot: Pilot[None], ready: Callable[[], object]) -> None:
    """Wait for the panel to settle."""
    for _ in range(200):
        await pilot.pause(0.02)
        if ready():
            await pilot.pause()
            return
    raise AssertionError("did not come about")


def positions(sent: list[str]) -> list[tuple[int, ...]]:
    """Row and column, from 1 on, width and height in pixels of every sixel image."""
    return [tuple(map(int, found)) for found in PLACED.findall("".join(sent))]


def numbers(pattern: re.Pattern[str], sent: list[str]) -> list[int]:
    return [int(number) for number in pattern.findall("".join(sent))]


def colours_in_view(pilot: Pilot[None]) -> set[int]:
    """The numbers that placeholders on the screen have as their colours."""
    return {
        int(segment.style.color.name.removeprefix("#"), 16)
        for strip in pilot.app.screen._compositor.render_strips()
        for segment in strip
        if "\U0010eeee" in segment.text and segment.style and segment.style.color
    }


async def test_kitty_images_are_sent_once_and_shown_by_placeholders() -> None:
    async with shown(KittyRenderer) as (pilot, panel, sent):
        await until(pilot, lambda: colours_in_view(pilot))
        ids = numbers(SENT, sent)
        assert len(set(ids)) == 9 and all(0 < number < 1 << 24 for number in ids)
        assert colours_in_view(pilot) == set(ids)
        count = len(sent)
        panel.scroll_to(y=6, animate=False)
        await until(pilot, lambda: panel.scroll_offset.y == 6)
        panel.show(replace(panel._view, waiting="…"))  # type: ignore[type-var]
        await pilot.pause(0.2)
        assert len(sent) == count  # text has moved, nothing else


async def test_kitty_images_go_with_their_page() -> None:
    async with shown(KittyRenderer) as (pilot, panel, sent):
        await until(pilot, lambda: colours_in_view(pilot))
        before = numbers(SENT, sent)
        panel.show(DataView(Request(9), FACTS, page(20)))
        await until(pilot, lambda: not colours_in_view(pilot) & set(before))
        after = numbers(SENT, sent)[9:]
        assert not set(after) & set(before) and colours_in_view(pilot) == set(after)
        assert numbers(DELETED, sent) == before
        await pilot.resize_terminal(20, 40)  # narrower than a square
        await until(pilot, lambda: len(numbers(SENT, sent)) == 27)
        assert numbers(DELETED, sent) == before + after
        pilot.app.pop_screen()
        await until(pilot, lambda: len(numbers(DELETED, sent)) == 27)
        assert sorted(numbers(DELETED, sent)) == sorted(numbers(SENT, sent))


@pytest.mark.parametrize("kind", [KittyRenderer, SixelRenderer])
async def test_below_a_dialog_images_are_half_blocks(
    kind: type[KittyRenderer] | type[SixelRenderer],
) -> None:
    async with shown(kind) as (pilot, panel, sent):
        await until(pilot, lambda: sent)
        uncovered = [plain(line) for line in panel.lines]
        assert not any("▀" in line for line in uncovered)
        assert isinstance(pilot.app, PanelApp) and "▀" not in pilot.app.painted
        pilot.app.push_screen(Over())
        await until(pilot, lambda: "▀" in pilot.app.painted)  # type: ignore[attr-defined]
        await pilot.pause(0.2)
        count = len(sent)
        panel.refresh()
        await pilot.pause(0.2)
        assert len(sent) == count  # not drawn over the dialog
        pilot.app.pop_screen()
        await until(pilot, lambda: [plain(line) for line in panel.lines] == uncovered)
        if kind is SixelRenderer:
            await until(pilot, lambda: len(sent) > count)


async def test_sixels_are_drawn_where_their_room_is() -> None:
    async with shown(SixelRenderer) as (pilot, _, sent):
        await until(pilot, lambda: len(sent) == 3)
        width = 3 * 240 + 2 * 20  # three images a row, in cells of 10 × 20 pixels
        assert positions(sent) == [
            (5, 2, width, 240),
            (19, 2, width, 240),
            (33, 2, width, 7 * 20 // 6 * 6),  # 40 lines less the last one
        ]
        assert all(piece.endswith("\x1b8") for piece in sent)


async def test_sixels_are_drawn_again_when_they_scroll() -> None:
    async with shown(SixelRenderer) as (pilot, panel, sent):
        await until(pilot, lambda: len(sent) == 3)
        sent.clear()
        panel.scroll_to(y=6, animate=False)
        await until(pilot, lambda: len(sent) == 3)
        assert [place[0] for place in positions(sent)] == [1, 13, 27]
        assert [place[3] for place in positions(sent)] == [10 * 20 // 6 * 6, 240, 240]


async def test_a_new_page_is_painted_over_the_sixels_before() -> None:
    async with shown(SixelRenderer) as (pilot, panel, sent):
        await until(pilot, lambda: len(sent) == 3)
        before, paints = list(sent), panel._paints
        sent.clear()
        panel.show(DataView(Request(9), FACTS, page(200)))
        await until(pilot, lambda: len(sent) == 3)
        assert panel._paints > paints  # the cells were emptied first
        assert positions(sent) == positions(before) and sent != before


async def test_what_lies_beside_sixels_stays_where_it_is() -> None:
    async with shown(SixelRenderer, size=(84, 24)) as (pilot, panel, sent):
        await until(pilot, lambda: len(sent) == 2)
        pilot.app.notify("over an image")
        await until(pilot, lambda: pilot.app.screen.query("Toast"))
        panel.refresh()
        await until(pilot, lambda: any("▀" in plain(line) for line in panel.lines))
        sent.clear()
        pilot.app.clear_notifications()
        await until(pilot, lambda: sent)
        assert not any("▀" in plain(line) for line in panel.lines)


@pytest.mark.parametrize(
    ("protocol", "colours", "plain", "environ", "used"),
    [
        ("kitty", "truecolor", False, {}, "kitty"),
        ("kitty", "truecolor", True, {}, "half-blocks"),
        ("kitty", "256", False, {}, "half-blocks"),
        ("sixel", "256", False, {"WORKBENCH_IMAGES": "sixel"}, "sixel"),
        ("sixel", "256", False, {}, "half-blocks"),
        ("half-blocks", "truecolor", False, {}, "half-blocks"),
    ],
)
def test_what_a_protocol_needs(
    monkeypatch: pytest.MonkeyPatch,
    protocol: str,
    colours: str,
    plain: bool,
    environ: dict[str, str],
    used: str,
) -> None:
    monkeypatch.setattr("workbench.ui.data.drawn_samples.cell_pixels", lambda _: None)
    assert usable(protocol, colours, plain=plain, environ=environ) == used  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wanted", "renderer"),
    [("kitty", KittyRenderer), ("sixel", SixelRenderer), ("half-blocks", None)],
)
async def test_the_panel_fits_the_terminal(
    monkeypatch: pytest.MonkeyPatch, wanted: str, renderer: type | None
) -> None:
    monkeypatch.setenv("WORKBENCH_IMAGES", wanted)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.delenv("NO_COLOR", raising=False)
    async with PanelApp().run_test() as pilot:
        panel = samples_panel(pilot.app)
        if renderer is None:
            assert type(panel) is SamplesPanel and panel.largest == 96
        else:
            assert isinstance(panel, DrawnSamples) and isinstance(panel._renderer, renderer)
            assert panel.largest == 240
