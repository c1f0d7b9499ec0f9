"""``workbench archive``: runs put aside, out of the list but kept whole."""

from workbench.cli.console.moving import aside_command
from workbench.runs.library.trash import ARCHIVE

command = aside_command(
    ARCHIVE,
    short_help="Put runs aside.",
    help="Put each RUN aside, into .archive of its runs directory; `workbench restore` undoes it.",
)
