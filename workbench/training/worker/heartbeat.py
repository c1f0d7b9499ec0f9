"""The worker's heartbeat: a file touched every two seconds, seen from other machines too."""

import threading
from pathlib import Path

from workbench.runs.store.files import touch

INTERVAL = 2.0  # seconds


class Heartbeat:
    """Touches a file every ``INTERVAL`` seconds in a thread of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lost = False  # the file cannot be touched any more: the folder is gone
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Start the thread; raises OSError where the file cannot be made."""
        touch(self.path)
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._end.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._end.wait(INTERVAL):
            try:
                touch(self.path)
            except FileNotFoundError:
                self.lost = True
            except OSError:  # a full or read-only disk: it may recover, and so may we
                continue


class NoHeartbeat:
    """Of a process whose run another one keeps alive."""

    lost = False
