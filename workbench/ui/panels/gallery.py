"""Pictures of the run with what the network makes of them: boxes, classes, what it cuts out."""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import ClassVar

from rich.cells import cell_len
from rich.color_triplet import ColorTriplet
from rich.style import Style

from workbench.runs.gallery import Gallery, Picture, read_gallery
from workbench.ui.panels.halfblocks import COLOURED, Rgb, colour_style, half_blocks, marked, scaled
from workbench.ui.panels.lines import Line
from workbench.ui.panels.panel import Panel, RunView
from workbench.ui.panels.words import clean, fit

SIDE = 48  # pixels of a picture's longer side, at most
SMALLEST = 16
GAP = 2  # columns between two pictures
UNDER = 2  # lines below a picture


@dataclass(frozen=True)
class Look:
    """What the person has chosen to see, and in which colours boxes are drawn."""

    wrong_only: bool = False
    crops: bool = False
    true: Rgb = (0, 255, 0)
    found: Rgb = (255, 160, 0)


class GalleryPanel(Panel):
    """Reads ``gallery.npz`` of the run, which its worker replaces after every epoch."""

    title: ClassVar[str] = "Pictures"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.look = Look()

    def toggle_wrong(self) -> None:
        """Wrong answers only, or all pictures."""
        self.look = replace(self.look, wrong_only=not self.look.wrong_only)
        self.redraw()

    def toggle_crops(self) -> None:
        """What was cut out of the pictures, or the pictures."""
        self.look = replace(self.look, crops=not self.look.crops)
        self.redraw()

    def key(self, view: RunView) -> Hashable:
        """The file, by its time, and what was chosen."""
        return _mark(view), self.look, view.standing.is_live

    def draw(self, view: RunView, width: int, height: int) -> list[Line]:
        """A line about them, then the pictures in rows, or why there are none."""
        gallery = read_gallery(view.folder.gallery)
        if gallery is None:
            waits = "appear after the first epoch" if view.standing.is_live else "were not kept"
            return [[(f" pictures {waits}", "muted")]]
        self._styles.clear()  # the colours of the pictures before
        look = replace(self.look, true=self._colour("good"), found=self._colour("warn"))
        return gallery_lines(gallery, look, width, height)

    def style_of(self, role: str) -> Style:
        """A role's style; a picture's cells carry their colours with them."""
        if not role.startswith(COLOURED):
            return super().style_of(role)
        style = self._styles.get(role)
        if style is None:
            style = self._styles[role] = colour_style(role)
        return style

    def _colour(self, role: str) -> Rgb:
        colour = super().style_of(role).color
        triplet = colour.get_truecolor() if colour else ColorTriplet(255, 255, 255)
        return (triplet.red, triplet.green, triplet.blue)


def gallery_lines(gallery: Gallery, look: Look, width: int, height: int) -> list[Line]:
    """The pictures as large as leaves room for several; a pure function of its arguments."""
    shown = [p for p in gallery.pictures if not (look.wrong_only and p.is_right)]
    lines = [_about(gallery, look)]
    if not shown:
        return [*lines, [], [(" none of these pictures is wrong", "good")]]
    side = max(SMALLEST, min(SIDE, width - 2, 2 * (height - 2 - UNDER)))
    across = max(1, (width - 1 + GAP) // (side + GAP))
    for start in range(0, len(shown), across):
        lines += _row([_tile(picture, look, side) for picture in shown[start : start + across]])
    return lines


def _about(gallery: Gallery, look: Look) -> Line:
    wrong = sum(not picture.is_right for picture in gallery.pictures)
    line: Line = [
        (f" {clean(gallery.split)}, epoch {gallery.epoch}", ""),
        (f"   {len(gallery.pictures)} pictures   ", "muted"),
        (f"{wrong} wrong", "bad" if wrong else "muted"),
    ]
    if any(picture.marks for picture in gallery.pictures):
        line += [("   ── ", "good"), ("true", "muted"), ("  ── ", "warn"), ("found", "muted")]
    chosen = [("wrong only", look.wrong_only), ("cut out", look.crops)]
    line += [(f"   {name}", "accent") for name, is_on in chosen if is_on]
    return line


def _tile(picture: Picture, look: Look, side: int) -> list[Line]:
    """A picture with its answer below: ``side / 2 + UNDER`` lines, each ``side`` wide."""
    image, marks = picture.image, picture.marks
    if look.crops and picture.crop is not None:
        image, marks = picture.crop, ()
    pixels = scaled(image, side, side)
    colours = {"true": look.true, "found": look.found}
    pixels = marked(pixels, [(mark, colours[mark.role]) for mark in marks])
    rows = [_padded(line, side) for line in half_blocks(pixels)]
    rows += [[(" " * side, "")]] * (side // 2 - len(rows))
    return [*rows, _answer(picture, side), [(" " * side, "")]]


def _answer(picture: Picture, side: int) -> Line:
    truth, answer, note = (clean(t) for t in (picture.truth, picture.answer, picture.note))
    sign, role = ("✓", "good") if picture.is_right else ("✗", "bad")
    text = truth if picture.is_right or not answer else f"{truth} → {answer}"
    room = side - 2
    if cell_len(text) + 1 + cell_len(note) > room:
        return [(f"{sign} {fit(text, room)}", role)]
    gap = " " * (room - cell_len(text) - cell_len(note))
    return [(f"{sign} {text}", role), (f"{gap}{note}", "muted")]


def _row(tiles: list[list[Line]]) -> list[Line]:
    lines: list[Line] = []
    for parts in zip(*tiles, strict=True):
        line: Line = [(" ", "")]
        for number, part in enumerate(parts):
            line += [(" " * GAP, "")] * (number > 0) + part
        lines.append(line)
    return lines


def _padded(line: Line, width: int) -> Line:
    return [*line, (" " * (width - len(line)), "")] if len(line) < width else line


def _mark(view: RunView) -> int:
    try:
        return view.folder.gallery.stat().st_mtime_ns
    except OSError:
        return 0
