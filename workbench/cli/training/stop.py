"""``workbench stop``: end a live run after its step, with a checkpoint."""

from workbench.cli.console.controlling import asking_command

command = asking_command(
    "stop",
    "stopped",
    short_help="End a live run, to be resumed later.",
    help="End RUN after the step that it is at, with a checkpoint to resume from.",
)
