"""What a command says on stderr while it works: one line rewritten, or one line a phase."""

import sys
from types import TracebackType

from workbench.cli.console.watching import is_terminal
from workbench.formatting.text import count, one_line

REWRITE = "\r\x1b[K"


class Waiting:
    """A progress callback that leaves nothing behind: ``with Waiting() as progress``."""

    def __init__(self) -> None:
        self._live = is_terminal()
        self._said = ""

    def __enter__(self) -> "Waiting":
        return self

    def __call__(self, message: str, done: int = 0, total: int = 0) -> None:
        """Say what is being waited for, and how far it is."""
        if self._live:
            of = f" {count(done)}/{count(total)}" if total else " …"
            print(f"{REWRITE}{one_line(message)}{of}", end="", file=sys.stderr, flush=True)
        elif message != self._said:
            print(one_line(message), file=sys.stderr, flush=True)
        self._said = message

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live and self._said:
            print(REWRITE, end="", file=sys.stderr, flush=True)
