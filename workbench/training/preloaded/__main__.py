"""Entry point of ``python -m workbench.training.preloaded``."""

import sys

from workbench.training.preloaded.main import main

if __name__ == "__main__":
    sys.exit(main())
