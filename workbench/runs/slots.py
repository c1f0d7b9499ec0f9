"""A queue for each device, so that a hundred starts do not train at once.

A slot is a lock file of this user on this machine; a worker holds one while it
trains. The system frees it with the process, however that ends.
"""

import os
from pathlib import Path

from filelock import FileLock, Timeout

from workbench.errors import RequestError
from workbench.gpus import gpu_count
from workbench.paths import state_folder

DEFAULT_LIMIT = 4  # runs at a time on one device; $WORKBENCH_JOBS says otherwise


def slots_folder() -> Path:
    """Where the lock files are."""
    return state_folder() / "slots"


def limit() -> int:
    """How many runs may train at once on one device."""
    given = os.environ.get("WORKBENCH_JOBS", "")
    if not given:
        return DEFAULT_LIMIT
    if not given.isdigit() or int(given) < 1:
        raise RequestError(f"WORKBENCH_JOBS={given!r}: must be a whole number from 1")
    return int(given)


def queue_name(device: str) -> str:
    """The queue that a configured device stands in: ``cpu`` or ``cuda-N``."""
    if device == "auto":
        device = "cpu" if gpu_count() == 0 else "cuda:0"
    return "cuda-0" if device == "cuda" else device.replace(":", "-")


class Slot:
    """A place in the queue of a device."""

    def __init__(self, device: str) -> None:
        self.name = queue_name(device)
        self._held: FileLock | None = None

    def try_take(self) -> bool:
        """Take a free slot if there is one; True once one is held."""
        folder = slots_folder()
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(limit()):
            lock = FileLock(folder / f"{self.name}.{number}.lock")
            try:
                lock.acquire(timeout=0)
            except Timeout:
                continue
            self._held = lock
            return True
        return False

    def release(self) -> None:
        """Give the slot back."""
        if self._held is not None:
            self._held.release()
            self._held = None
