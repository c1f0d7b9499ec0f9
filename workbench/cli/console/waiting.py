"""Progress of a command on stderr: one line rewritten, or one line a phase off a terminal."""

from types import TracebackType

from workbench.cli.console.live_line import LiveLine, is_terminal
from workbench.formatting.text import count, one_line


class Waiting:
    """A progress callback whose line is erased at the end: ``with Waiting() as progress``."""

    def __init__(self) -> None:
        self._line = LiveLine(live=is_terminal())
        self._said = ""

    def __enter__(self) -> "Waiting":
        return self

    def __call__(self, message: str, done: int = 0, total: int = 0) -> None:
        """Show what is being waited for, and how far it is."""
        if self._line.live:
            of = f" {count(done)}/{count(total)}" if total else " …"
            self._line.show(f"{one_line(message)}{of}")
        elif message != self._said:
            self._line.say(one_line(message))
        self._said = message

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._line.close()
