"""Sends the screen's changes in fewer bytes than Textual, for slow lines to a terminal.

Textual repaints a line from the left end of its widget up to what has changed, and switches the
style off and on around every stretch of text. Here an update begins where the change does, and
colours are sent when they change; the terminal shows the same in the end.

It builds on a private class of Textual's compositor. Where a later Textual has it no more, or
with other parts, :func:`shorten` leaves the updates as they are.
"""

import importlib
import inspect
from collections.abc import Iterator
from functools import lru_cache, partial
from typing import Any

from rich.color import ColorSystem
from rich.console import COLOR_SYSTEMS, Console, RenderableType
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

ATTRIBUTES = (
    ("bold", "1"),
    ("dim", "2"),
    ("italic", "3"),
    ("underline", "4"),
    ("blink", "5"),
    ("reverse", "7"),
    ("conceal", "8"),
    ("strike", "9"),
)
RESET = "\x1b[0m"
PLAIN = Style.null()
Codes = tuple[str, str, str]  # attributes, foreground, background: as numbers of an SGR sequence


def partial_update_class() -> type[Any] | None:
    """Textual's class of a partial update, ``ChopsUpdate``; None where it has it no more."""
    try:
        kind: type[Any] = importlib.import_module("textual._compositor").ChopsUpdate
        parts = set(inspect.signature(kind).parameters)
    except (ImportError, AttributeError, TypeError, ValueError):
        return None
    is_known = parts == {"chops", "spans", "chop_ends"} and hasattr(kind, "render_segments")
    return kind if is_known else None


PARTIAL = partial_update_class()


def shorten(renderable: RenderableType | None) -> None:
    """Have a partial update rendered by :func:`render_diff`; anything else stays as it is."""
    if PARTIAL is not None and isinstance(renderable, PARTIAL):
        update: Any = renderable
        update.render_segments = partial(render_diff, update)


def render_diff(update: Any, console: Console) -> str:
    """What a partial update sends to the terminal: its changed spans and nothing beside them."""
    # Textual too takes true colour where it does not know
    writer = StyleWriter(COLOR_SYSTEMS[console.color_system or "truecolor"])
    parts = []
    for x, y, strip in _changed_parts(update):
        parts.append(f"\x1b[{y + 1};{x + 1}H")
        parts += [writer.write(segment) for segment in strip]
    return "".join((*parts, RESET))


def _changed_parts(update: Any) -> Iterator[tuple[int, int, Strip]]:
    """Column, row and text of everything that has changed."""
    for y, start, stop in update.spans:
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            left, right = max(x, start), min(end, stop)
            if strip is not None and left < right:
                yield left, y, strip.crop(left - x, right - x)


class StyleWriter:
    """Writes text with the fewest codes: keeps the style that the terminal has, sends changes."""

    def __init__(self, system: ColorSystem) -> None:
        self._system = system
        self._now: Codes | None = None  # not known before the first one

    def write(self, segment: Segment) -> str:
        """The text, after the codes that change the style to its own."""
        wanted = codes(segment.style or PLAIN, self._system)
        attributes, foreground, background = wanted
        if self._now is None or attributes != self._now[0]:
            change = ";".join(filter(None, ("0", attributes, foreground, background)))
        else:
            if not attributes and segment.text.isspace():
                foreground = self._now[1]  # nobody sees in which colour a space is written
            pairs = zip((foreground, background), self._now[1:], strict=True)
            change = ";".join(new for new, old in pairs if new != old)
        self._now = attributes, foreground, background
        return f"\x1b[{change}m{segment.text}" if change else segment.text


@lru_cache(1024)
def codes(style: Style, system: ColorSystem) -> Codes:
    """The numbers of the SGR sequence that switch a style on."""
    attributes = ";".join(number for name, number in ATTRIBUTES if getattr(style, name))
    foreground = style.color.downgrade(system).get_ansi_codes() if style.color else ("39",)
    background = (
        style.bgcolor.downgrade(system).get_ansi_codes(foreground=False)
        if style.bgcolor
        else ("49",)
    )
    return attributes, ";".join(foreground), ";".join(background)
