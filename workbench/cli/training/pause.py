"""``workbench pause``: hold a live run after its step."""

from workbench.cli.console.controlling import asking_command

command = asking_command(
    "pause",
    "paused",
    short_help="Hold a live run.",
    help="Hold RUN after the step that it is at; `workbench resume` lets it go on.",
)
