"""The command line: one file a command, found by its name when it is asked for.

A command is a module ``workbench.cli.<name>`` with a click command called
``command``; naming it in :data:`workbench.cli.main.COMMANDS` makes it known.
Data goes to stdout, progress and messages to stderr; a command returns its
exit status, and None stands for 0.
"""
