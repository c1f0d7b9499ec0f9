"""The command line: one file a command, imported when the command is run.

A command is a module ``workbench.cli.<folder>.<name>`` with a click command called ``command``,
listed in :data:`workbench.cli.main.COMMANDS`. Data goes to stdout, progress and messages to
stderr; a command returns its exit status, or None for 0.
"""
