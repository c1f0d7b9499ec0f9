"""Pictures as pixels in a terminal: which protocol it speaks, and pictures in that protocol.

Written here because no library fits: textual-image asks the terminal questions when it
is imported, whose answers a running app would read as keys, and writes to stdout beside it.
"""
