"""``workbench archive``: move runs out of the list, kept whole."""

from workbench.cli.console.moving import moving_command
from workbench.runs.library.trash import ARCHIVE

command = moving_command(
    ARCHIVE,
    short_help="Move runs to the archive.",
    help="Move each RUN into .archive of its runs directory; `workbench restore` undoes it.",
)
