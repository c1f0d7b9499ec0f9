"""The terminal's image protocol, and the size of its cells in pixels.

The terminal itself is not asked: its answer would arrive among the keys. The environment tells,
and ``WORKBENCH_IMAGES`` overrides it.
"""

import os
from collections.abc import Mapping
from typing import Literal, NamedTuple, TextIO, get_args

from workbench.errors import RequestError

ImageProtocol = Literal["kitty", "sixel", "half-blocks"]

PROTOCOLS: tuple[ImageProtocol, ...] = get_args(ImageProtocol)
OVERRIDES = ("WORKBENCH_IMAGES", "WORKBENCH_PICTURES")  # its name, and the one it had
SLOW_LINK = "WORKBENCH_SLOW_LINK"  # set to 1: numbers more seldom, plots hardly
SIXEL_TERMS = ("foot", "mlterm", "contour")
SIXEL_PROGRAMS = ("iTerm.app", "WezTerm", "mintty")  # kitty's placeholders are not theirs


class CellPixels(NamedTuple):
    """The size of a character cell in pixels."""

    width: int
    height: int


VT340 = CellPixels(10, 20)  # what emulators of sixel take for a cell where they do not tell


def image_protocol(environ: Mapping[str, str] = os.environ) -> ImageProtocol:
    """The protocol for images; raises RequestError where ``WORKBENCH_IMAGES`` names none."""
    if variable := overriding(environ):
        wanted = environ[variable]
        for protocol in PROTOCOLS:
            if wanted == protocol:
                return protocol
        raise RequestError(
            f"{variable}={wanted}: must be {', '.join(PROTOCOLS[:-1])} or {PROTOCOLS[-1]}"
        )
    term, program = environ.get("TERM", ""), environ.get("TERM_PROGRAM", "")
    inside = environ.get("TMUX") or environ.get("STY") or term.startswith(("tmux", "screen"))
    if inside or is_slow(environ):
        return "half-blocks"
    if "kitty" in term or "ghostty" in term or program == "ghostty" or "KITTY_WINDOW_ID" in environ:
        return "kitty"
    if term.partition("-")[0] in SIXEL_TERMS or program in SIXEL_PROGRAMS:
        return "sixel"
    return "half-blocks"


def overriding(environ: Mapping[str, str]) -> str | None:
    """The variable that sets the protocol, by its name now or its old one."""
    return next(filter(environ.get, OVERRIDES), None)


def is_slow(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the person has said that the line to the terminal is slow."""
    return environ.get(SLOW_LINK, "") not in ("", "0")


def cell_pixels(stream: TextIO | None) -> CellPixels | None:
    """The cell of the terminal that a stream writes to; None where the system does not know."""
    if stream is None:
        return None
    try:
        import fcntl
        import termios

        answer = fcntl.ioctl(stream.fileno(), termios.TIOCGWINSZ, bytes(8))
    except (ImportError, OSError):  # no POSIX, or no terminal
        return None
    rows, columns, width, height = memoryview(answer).cast("H")
    if not (rows and columns and width >= columns and height >= rows):
        return None
    return CellPixels(width // columns, height // rows)
