"""Writes checkpoints in a background thread while training goes on."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from workbench.runs.store.events import EventWriter
from workbench.training.checkpoints import files as checkpoint
from workbench.training.checkpoints.files import Snapshot

log = logging.getLogger(__name__)


class CheckpointWriter:
    """Writes one snapshot at a time in a thread of its own.

    A failure (a full disk) does not end the run: the checkpoint before stays, ``complain`` is
    called with a message, and the next snapshot tries again.
    """

    def __init__(self, folder: Path, writer: EventWriter, complain: Callable[[str], None]) -> None:
        self.folder = folder
        self.writer = writer
        self.complain = complain
        self.saved_step = -1  # of the newest snapshot on the disk
        self._thread: threading.Thread | None = None
        self._failure = self._told = ""

    @property
    def busy(self) -> bool:
        """True while a snapshot is being written."""
        return self._thread is not None and self._thread.is_alive()

    def keep(self, snapshot: Snapshot, *, best: bool = False) -> None:
        """Write a snapshot in the background, after the one before it."""
        self.wait()
        self._thread = threading.Thread(
            target=self._write, args=(snapshot, best), name="checkpoint", daemon=False
        )
        self._thread.start()

    def wait(self) -> None:
        """Wait for the thread; reports a failure once."""
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if self._failure and self._failure != self._told:
            self.complain(self._failure)
        self._told, self._failure = self._failure, ""

    def _write(self, snapshot: Snapshot, best: bool) -> None:
        try:
            # What the checkpoint says was written must be on the disk before it is.
            self.writer.make_durable()
            checkpoint.save(self.folder, snapshot, best=best)
            self.saved_step = snapshot.step
        except OSError as error:
            self._failure = (
                f"the checkpoint of step {snapshot.step} could not be written: {error.strerror}"
            )
            log.warning(self._failure)
