"""What a person is told where something that they asked for was refused."""

from typing import Any

from textual.app import App

from workbench.errors import WorkbenchError

LONG = 10.0  # seconds: such a line names a file or a key, and is to be read


def say_refusal(app: App[Any], error: WorkbenchError) -> None:
    """Show an error in a corner of the screen; its text is nobody's markup."""
    app.notify(str(error), severity="error", timeout=LONG, markup=False)
