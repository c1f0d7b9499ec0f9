"""Updates of the screen in fewer bytes: from the first changed cell on, and each style said once.

Textual repaints a line from the left end of its widget up to what has changed, and ends
the style after every stretch of text to begin it anew. Over a slow line most of what is
sent is that. Here an update begins where its span does, and colours are sent when they
change; what a terminal shows in the end is the same.
"""

from collections.abc import Iterator
from functools import lru_cache

from rich.color import ColorSystem
from rich.console import COLOR_SYSTEMS, Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate
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


class DiffUpdate(ChopsUpdate):
    """A partial update that sends its spans and nothing beside them."""

    @classmethod
    def of(cls, update: ChopsUpdate) -> "DiffUpdate":
        """The same update, to be rendered in fewer bytes."""
        return cls(update.chops, update.spans, update.chop_ends)

    def render_segments(self, console: Console) -> str:
        """What goes to the terminal."""
        # Textual too takes true colour where it does not know
        writer = StyleWriter(COLOR_SYSTEMS[console.color_system or "truecolor"])
        parts = []
        for x, y, strip in self._parts():
            parts.append(f"\x1b[{y + 1};{x + 1}H")
            parts += [writer.write(segment) for segment in strip]
        return "".join((*parts, RESET))

    def _parts(self) -> Iterator[tuple[int, int, Strip]]:
        """Column, row and text of everything that is to be written."""
        for y, start, stop in self.spans:
            for end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                left, right = max(x, start), min(end, stop)
                if strip is not None and left < right:
                    yield left, y, strip.crop(left - x, right - x)


class StyleWriter:
    """What the terminal writes with just now; a change of it is sent, and no more than that."""

    def __init__(self, system: ColorSystem) -> None:
        self._system = system
        self._now: Codes | None = None  # not known before the first one

    def write(self, segment: Segment) -> str:
        """The text with what must be sent before it."""
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
    """The numbers that switch a style on."""
    attributes = ";".join(number for name, number in ATTRIBUTES if getattr(style, name))
    foreground = style.color.downgrade(system).get_ansi_codes() if style.color else ("39",)
    background = (
        style.bgcolor.downgrade(system).get_ansi_codes(foreground=False)
        if style.bgcolor
        else ("49",)
    )
    return attributes, ";".join(foreground), ";".join(background)
