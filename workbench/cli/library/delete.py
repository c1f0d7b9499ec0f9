"""``workbench delete``: runs into the trash, from where they can be restored."""

from workbench.cli.console.moving import moving_command
from workbench.runs.library.trash import TRASH

command = moving_command(
    TRASH,
    short_help="Move runs to the trash.",
    help="Move each RUN to the trash, .trash in its runs directory; `workbench restore` undoes it.",
)
