"""Entry point of ``python -m workbench.training.worker``."""

import sys

from workbench.training.worker.main import main
from workbench.training.worker.process import end, under_torchrun

if __name__ == "__main__":
    status = main()
    if under_torchrun():
        end(status)
    sys.exit(status)
