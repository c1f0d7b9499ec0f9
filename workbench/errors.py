"""Errors that are the user's or the machine's, each with a message of one line.

Everything that reaches the user derives from :class:`WorkbenchError`. The
command line prints its text on stderr and leaves with ``exit_status``; the
screen shows the same text. Anything else that is raised is a bug of ours.
"""


class WorkbenchError(Exception):
    """A failure that is explained to the user in one line, without a traceback."""

    exit_status = 1


class RequestError(WorkbenchError):
    """The request itself was wrong: unknown name, bad value, bad file (exit status 2)."""

    exit_status = 2


class ConfigError(RequestError):
    """A configuration key or value is wrong.

    ``problems`` maps each dotted key to what is wrong with it, so that a form
    can show every refusal beside its field; the text is the same, one a line.
    """

    def __init__(self, problems: dict[str, str], source: str = "") -> None:
        self.problems = problems
        self.source = source
        where = f"{source}: " if source else ""
        super().__init__("; ".join(f"{where}{key}: {text}" for key, text in problems.items()))


class DataError(RequestError):
    """A data set is missing, empty or damaged; the text says what to put where."""


class RunError(WorkbenchError):
    """A run cannot do what was asked of it (already running, no checkpoint, …)."""
