"""The gallery panel's lines: sample images as half-blocks in rows, with predictions below.

Not in the panel's file because it needs numpy and Pillow, which are loaded only when the first
image is shown.
"""

from rich.cells import cell_len

from workbench.runs.store.gallery import Gallery, GalleryImage
from workbench.ui.images.gallery_settings import GallerySettings
from workbench.ui.images.half_blocks import half_blocks, scaled, with_boxes
from workbench.ui.widgets.formatting import clean, fit
from workbench.ui.widgets.lines import Line

SIDE = 48  # pixels of an image's longer side, at most
SMALLEST = 16  # columns: below it a label cannot be read
GAP = 2  # columns between two images
UNDER = 2  # lines below an image


def gallery_lines(
    gallery: Gallery, settings: GallerySettings, width: int, height: int
) -> list[Line]:
    """The images of a gallery as lines of at most ``width`` columns. A pure function."""
    shown = [p for p in gallery.images if not (settings.wrong_only and p.is_right)]
    lines = [_about(gallery, settings)]
    if not shown:
        return [*lines, [], [(" none of these images is wrong", "good")]]
    largest = max(max(p.image.shape[:2]) for p in shown)
    side = tile_side(largest, min(SIDE, width - 2, 2 * (height - 2 - UNDER)))
    across = max(1, (width - 1 + GAP) // (side + GAP))
    for start in range(0, len(shown), across):
        lines += _row([_tile(image, settings, side) for image in shown[start : start + across]])
    return lines


def tile_side(largest: int, room: int) -> int:
    """Columns for images whose longest side is ``largest`` px, by whole pixels.

    Small images are enlarged to ``SMALLEST`` and no further, so that many fit on a page.
    """
    enlarged = largest * -(-SMALLEST // largest)
    return max(SMALLEST, min(enlarged, room))


def _about(gallery: Gallery, settings: GallerySettings) -> Line:
    wrong = sum(not image.is_right for image in gallery.images)
    line: Line = [
        (f" {clean(gallery.split)} images, epoch {gallery.epoch}", ""),
        (f"   {len(gallery.images)} of them   ", "muted"),
        (f"{wrong} wrong", "bad" if wrong else "muted"),
    ]
    if any(image.boxes for image in gallery.images):
        line += [("   ── ", "good"), ("true", "muted"), ("  ── ", "warn"), ("predicted", "muted")]
    chosen = [("wrong only", settings.wrong_only), ("cut out", settings.crops)]
    line += [(f"   {name}", "accent") for name, is_on in chosen if is_on]
    return line


def _tile(shown: GalleryImage, settings: GallerySettings, side: int) -> list[Line]:
    """An image with its prediction below: ``side / 2 + UNDER`` lines, each ``side`` wide."""
    image, boxes = shown.image, shown.boxes
    if settings.crops and shown.crop is not None:
        image, boxes = shown.crop, ()
    pixels = scaled(image, side, side)
    colours = {"true": settings.true, "predicted": settings.predicted}
    pixels = with_boxes(pixels, [(box, colours[box.role]) for box in boxes])
    rows = [_padded(line, side) for line in half_blocks(pixels)]
    rows += [[(" " * side, "")]] * (side // 2 - len(rows))
    return [*rows, _answer(shown, side), [(" " * side, "")]]


def _answer(image: GalleryImage, side: int) -> Line:
    truth, answer, note = (clean(t) for t in (image.truth, image.answer, image.note))
    sign, role = ("✓", "good") if image.is_right else ("✗", "bad")
    text = truth if image.is_right or not answer else f"{truth} → {answer}"
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
