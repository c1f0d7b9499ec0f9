"""Entry point of ``python -m workbench.training.worker``."""

import sys

from workbench.training.worker.main import main

if __name__ == "__main__":
    sys.exit(main())
