"""What a watched run tells the terminal: its title, the progress on its tab, a notice at the end.

Sequences of xterm (OSC 0, the title; BEL), iTerm2 (OSC 9, a desktop notice) and ConEmu (OSC 9;4,
progress), which others have taken over; a terminal that knows one not ignores it. OSC 9;4 goes only
to terminals that are known to know it: in others it would be a notice.
"""

import os
from collections.abc import Callable, Mapping

from workbench.runs.live.status import RunStatus
from workbench.ui.widgets.formatting import clean

WORDS = {
    "finished": "has finished",
    "failed": "has failed",
    "crashed": "has crashed",
    "stopped": "was stopped",
}
KNOW_PROGRESS = ("ghostty", "WezTerm")  # by TERM_PROGRAM
BELL, END = "\a", "\x1b\\"


def knows_progress(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the terminal shows progress on its tab, as far as the environment tells."""
    program, term = environ.get("TERM_PROGRAM", ""), environ.get("TERM", "")
    return program in KNOW_PROGRESS or "ghostty" in term or "WT_SESSION" in environ


class TerminalNotice:
    """Writes what has changed, and nothing twice."""

    def __init__(self, write: Callable[[str], object], *, on_tab: bool | None = None) -> None:
        self._write = write
        self._on_tab = knows_progress() if on_tab is None else on_tab
        self._told: tuple[str, int] | None = None
        self._live: bool | None = None  # None: not seen yet

    def show(self, run: str, status: RunStatus, progress: float) -> None:
        """Tell how far a run is (0 to 1); rings once when one that was live has ended."""
        name, share = clean(run), round(100 * progress)
        if self._live and not status.is_live and status.name in WORDS:
            self._write(f"{BELL}\x1b]9;{name} {WORDS[status.name]}{END}")
        self._live = status.is_live
        words = f"{share} % {name}" if status.is_live else f"{status.name} {name}"
        if (words, share) == self._told:
            return
        self._told = (words, share)
        self._write(f"\x1b]0;{words}{END}")
        if self._on_tab:
            self._write(f"\x1b]9;4;{f'1;{share}' if status.is_live else '0;0'}{END}")

    def leave(self) -> None:
        """Give the title back to the program."""
        if self._told is not None:
            self._told = None
            self._write(f"\x1b]0;workbench{END}")
            if self._on_tab:
                self._write(f"\x1b]9;4;0;0{END}")
