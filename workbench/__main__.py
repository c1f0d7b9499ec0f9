"""The program's entry point: ``workbench`` and ``python -m workbench``."""

import gc
import os
import sys

# Pydantic would look through every installed distribution for plugins of its own, at each start.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
gc.disable()  # what is imported stays: to look for garbage in it takes time and finds none

from workbench.cli.main import run  # noqa: E402

gc.enable()


def main() -> None:
    """Run the command line and leave with its exit status."""
    sys.exit(run())


if __name__ == "__main__":
    main()
