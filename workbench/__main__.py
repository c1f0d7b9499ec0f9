"""The program's entry point: ``workbench`` and ``python -m workbench``."""

import sys

from workbench.cli.main import run


def main() -> None:
    """Run the command line and leave with its exit status."""
    sys.exit(run())


if __name__ == "__main__":
    main()
