"""By what protocol images are drawn, from the environment alone."""

import os
import pty
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pytest

from workbench.errors import RequestError
from workbench.system.terminal import CellPixels, cell_pixels, image_protocol


@pytest.mark.parametrize(
    ("environ", "protocol"),
    [
        ({}, "half-blocks"),
        ({"TERM": "xterm-256color"}, "half-blocks"),
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, "kitty"),
        ({"TERM": "xterm-ghostty"}, "kitty"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "ghostty"}, "kitty"),
        ({"TERM": "foot-direct"}, "sixel"),
        ({"TERM": "mlterm"}, "sixel"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, "sixel"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, "sixel"),
        ({"TERM": "footloose"}, "half-blocks"),
    ],
)
def test_the_terminal_is_known_by_its_environment(environ: dict[str, str], protocol: str) -> None:
    assert image_protocol(environ) == protocol


@pytest.mark.parametrize(
    "inside",
    [
        {"TMUX": "/tmp/tmux-0/default,1,0"},
        {"STY": "1.pts-0"},
        {"TERM": "tmux-256color"},
        {"TERM": "screen"},
        {"WORKBENCH_SLOW_LINK": "1"},
    ],
)
def test_half_blocks_where_pixels_do_not_come_through(inside: dict[str, str]) -> None:
    environ = {"TERM": "xterm-kitty", "KITTY_WINDOW_ID": "1", **inside}
    assert image_protocol(environ) == "half-blocks"
    for wanted in ("kitty", "sixel"):
        assert image_protocol({**environ, "WORKBENCH_IMAGES": wanted}) == wanted


def test_the_old_name_of_the_variable_holds_where_the_new_one_is_not_set() -> None:
    assert image_protocol({"WORKBENCH_PICTURES": "sixel"}) == "sixel"
    both = {"WORKBENCH_PICTURES": "sixel", "WORKBENCH_IMAGES": "kitty"}
    assert image_protocol(both) == "kitty"


def test_half_blocks_can_be_asked_for() -> None:
    environ = {"TERM": "xterm-kitty", "WORKBENCH_IMAGES": "half-blocks"}
    assert image_protocol(environ) == "half-blocks"


def test_a_wrong_choice_is_refused_in_one_line() -> None:
    with pytest.raises(RequestError) as refusal:
        image_protocol({"WORKBENCH_IMAGES": "Kitty"})
    assert str(refusal.value) == "WORKBENCH_IMAGES=Kitty: must be kitty, sixel or half-blocks"


@pytest.fixture
def terminal() -> Iterator[TextIO]:
    """A pseudo-terminal of no size."""
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as stream:
        yield stream
    os.close(ours)


@pytest.mark.parametrize(
    ("size", "cell"),
    [
        ((50, 160, 1600, 1000), CellPixels(10, 20)),
        ((50, 160, 1283, 654), CellPixels(8, 13)),
        ((50, 160, 0, 0), None),
        ((0, 0, 0, 0), None),
        ((50, 160, 80, 25), None),
    ],
)
def test_the_system_knows_the_size_of_a_cell(
    terminal: TextIO, size: tuple[int, ...], cell: CellPixels | None
) -> None:
    import fcntl
    import termios

    fcntl.ioctl(terminal.fileno(), termios.TIOCSWINSZ, struct.pack("4H", *size))
    assert cell_pixels(terminal) == cell


def test_what_is_no_terminal_has_no_cells() -> None:
    assert cell_pixels(None) is None
    with Path(os.devnull).open("w") as nowhere:
        assert cell_pixels(nowhere) is None
