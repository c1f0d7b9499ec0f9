"""A line of stderr that is rewritten in place, below lines that stay."""

import os
import sys

from workbench.cli.console.output import silence

REWRITE = "\r\x1b[K"  # back to the start of the line and erase it


class LiveLine:
    """Writes to stderr; where ``live`` is False only the lines that stay are written."""

    def __init__(self, *, live: bool) -> None:
        self.live = live
        self._shown = ""

    def show(self, line: str) -> None:
        """Rewrite the line in place."""
        if self.live and line != self._shown:
            _write(f"{REWRITE}{line}")
            self._shown = line

    def say(self, line: str) -> None:
        """Print a line that stays, above the rewritten one."""
        shown = self._shown
        self.show("")
        _write(f"{line}\n")
        self.show(shown)

    def close(self) -> None:
        """Erase the rewritten line."""
        self.show("")


def _write(text: str) -> None:
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:  # the terminal or the pipe is gone; the run is not
        silence(sys.stderr)


def is_terminal() -> bool:
    """Whether a line can be rewritten on stderr."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
