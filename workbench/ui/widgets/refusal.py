"""Shows a refused request as a notification."""

from typing import Any

from textual.app import App

from workbench.errors import WorkbenchError

LONG = 10.0  # seconds: such a line names a file or a key, and is to be read


def say_refusal(app: App[Any], error: WorkbenchError) -> None:
    """Show an error in a corner of the screen, without markup."""
    app.notify(str(error), severity="error", timeout=LONG, markup=False)
