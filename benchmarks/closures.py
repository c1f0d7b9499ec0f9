"""A recorder without a GPU: what is recorded is a closure, and a replay calls it.

It does what a CUDA graph does with a static step, so that filling, replaying and reading are
exercised where nothing can be captured. It proves nothing about kernels.
"""

from collections.abc import Callable
from typing import Any

Run = Callable[[], None]


class Closures:
    """In place of :class:`workbench.training.compiled.capture.CudaRecorder`."""

    def __init__(self, trainer: Any) -> None:
        self.trainer = trainer

    def warm_up(self, run: Run) -> None:
        """Run it."""
        run()

    def record(self, run: Run) -> Run:
        """Keep it."""
        return run

    def give_up(self) -> None:
        """There is nothing to leave behind."""
