"""The Data screen's panel: facts of a data set, a page of images, counts of each class."""

import textwrap
from dataclasses import dataclass
from typing import ClassVar

from workbench.catalog.samples import LARGEST, DatasetInfo, Page, Request, SampleImage
from workbench.formatting.text import count
from workbench.ui.images.tiles import HalfBlockTiles, Tiles
from workbench.ui.widgets.formatting import bar, clean, fit, right
from workbench.ui.widgets.lines import Line, Lines

GAP = 2  # columns between two images
NAME = 24  # cells of a class name, at most
HALF_BLOCKS = HalfBlockTiles()


@dataclass(frozen=True)
class DataView:
    """The facts and images known so far, and what is being waited for."""

    asked: Request
    info: DatasetInfo | None = None
    page: Page | None = None
    waiting: str = "loading torch…"
    problem: str = ""


class SamplesPanel(Lines, can_focus=True):
    """Shows a :class:`DataView`; scrolls where it is longer than the screen."""

    title: ClassVar[str] = "Data"

    def __init__(self) -> None:
        super().__init__(id="samples")
        self._view: DataView | None = None

    def show(self, view: DataView) -> None:
        """Show a view."""
        self._view = view
        self._styles.clear()  # the colours of the images before
        if self.size.width:
            self.show_lines(data_lines(view, self.size.width, self.tiles(view)))

    def tiles(self, view: DataView) -> Tiles:
        """How images are drawn as cells."""
        return HALF_BLOCKS

    @property
    def largest(self) -> int:
        """The most pixels of an image's side that can be shown."""
        return LARGEST

    def on_resize(self) -> None:
        """Fit the new size."""
        if self._view is not None:
            self.show(self._view)


def data_lines(view: DataView, width: int, tiles: Tiles = HALF_BLOCKS) -> list[Line]:
    """The lines of facts, images and counts, as far as known. A pure function."""
    if view.problem:
        return [[(f" {part}", "bad")] for part in textwrap.wrap(clean(view.problem), width - 2)]
    if view.info is None:
        return [[(f" {clean(view.waiting)}", "muted")]]
    lines = [*_info(view.info), [], _heading(view)]
    if view.page is not None:
        lines += _images(view.page.images, width, tiles)
    return [*lines, *_counts(view.info, width)]


def _info(info: DatasetInfo) -> list[Line]:
    totals = {split: info.total(split) for split in info.counts}
    channels, height, width = info.shape
    lines: list[Line] = [
        [
            (f" {clean(info.name)}", "heading"),
            (f"   {height}×{width} {'grey' if channels == 1 else 'RGB'}", ""),
            (f"   {len(info.classes)} classes", ""),
            (f"   {count(totals['train'])} training", "train"),
            (f"  {count(totals['validation'])} validation", "val"),
            (f"  {count(totals['test'])} test", ""),
        ],
        [
            (" training mean ", "muted"),
            (" ".join(f"{value:.4f}" for value in info.mean), ""),
            ("   std ", "muted"),
            (" ".join(f"{value:.4f}" for value in info.std), ""),
        ],
    ]
    if info.skipped:
        path, why = info.skipped[0]
        files = "file" if len(info.skipped) == 1 else "files"
        text = f" ✗ {count(len(info.skipped))} {files} skipped: {clean(path)}: {clean(why)}"
        more = "" if len(info.skipped) == 1 else "   x shows all"
        lines.append([(text, "warn"), (more, "accent")])
    return lines


def _heading(view: DataView) -> Line:
    if view.page is None:
        return [(f" {clean(view.waiting)}", "muted")]
    seen = "as training sees them" if view.asked.augmented else "as a test image"
    other = "a plain" if view.asked.augmented else "a augmented"
    return [(f" Images {seen}", ""), (f"   {other}   n others", "accent")]


def _images(images: tuple[SampleImage, ...], width: int, tiles: Tiles) -> list[Line]:
    if not images:
        return []
    side = tiles.side(images, max(1, width - 2))
    across = max(1, (width - 1 + GAP) // (side + GAP))
    lines: list[Line] = []
    for start in range(0, len(images), across):
        row = enumerate(images[start : start + across], start)
        squares = [_labelled(tiles.rows(*one, side), one[1].label, side) for one in row]
        for parts in zip(*squares, strict=True):
            line: Line = [(" ", "")]
            for number, part in enumerate(parts):
                line += [(" " * GAP, "")] * (number > 0) + part
            lines.append(line)
    return lines


def _labelled(rows: list[Line], label: str, side: int) -> list[Line]:
    """An image with its label below and an empty line, ``side`` cells wide."""
    return [*rows, [(fit(clean(label), side), "muted")], [(" " * side, "")]]


def _counts(info: DatasetInfo, width: int) -> list[Line]:
    """A bar for each class, the largest first."""
    train = info.counts["train"]
    most, least = max(train), min(train)
    ratio = f"largest {most / least:,.1f} × the smallest" if least else "one class is empty"
    lines: list[Line] = [[], [(" Images of each class", ""), (f"   {ratio}", "muted")]]
    name_width = min(NAME, max(len(clean(name)) for name in info.classes))
    digits = len(count(most))
    room = max(8, width - name_width - 3 * digits - 12)
    order = sorted(range(len(train)), key=lambda label: (-train[label], label))
    for label in order:
        filled, rest = bar(train[label] / most, room)
        others = [info.counts[split][label] for split in ("validation", "test")]
        lines.append(
            [
                (f" {fit(clean(info.classes[label]), name_width)}  ", ""),
                (filled, "train"),
                (rest, "track"),
                (f" {right(count(train[label]), digits)}", ""),
                (f"  {right(count(others[0]), digits)}", "val"),
                (f"  {right(count(others[1]), digits)}", "muted"),
            ]
        )
    return lines
