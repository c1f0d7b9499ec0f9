"""Who of several coordinators starts a run: they share a sweep's folder, and no run is done twice.

A claim is a file, written under another name and then linked to its own, which fails where that
is there: atomic on NFS too. It is named by the run and by how many workers the run has had, so that
a run that has to be started again is claimed again.
"""

import json
import os
import socket
from contextlib import suppress
from pathlib import Path

from workbench.errors import RequestError
from workbench.runs.live.clock import file_time
from workbench.runs.live.process import ProcessIdentity, own_identity
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.record import read_record
from workbench.system.regular_files import read_regular

STALE = 180.0  # seconds after which a claim of another machine, whose run has not begun, is void
MOST = 1000  # claims of one start of a run
LARGEST = 4096  # bytes of a claim


class Claims:
    """The claims of a sweep, as the calling process makes them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def take(self, run: RunFolder) -> bool:
        """Whether this process is to start the run; False where another one is about to.

        A claim counts no more when its process is gone, or, on another machine, when it is old
        and its run has not begun. Raises RequestError where the folder cannot be written.
        """
        worker = int(read_record(run.record).get("run", {}).get("workers", 0))
        mine = self.folder / f".{run.id}.{socket.gethostname()}.{os.getpid()}.part"
        try:
            self.folder.mkdir(exist_ok=True)
            mine.write_text(json.dumps(own_identity().as_table()))
            return self._link(mine, f"{run.id}.{worker}")
        except OSError as error:
            raise RequestError(f"{self.folder}: cannot be written: {error.strerror}") from None
        finally:
            mine.unlink(missing_ok=True)

    def _link(self, mine: Path, name: str) -> bool:
        """Give the file its name, unless somebody else's claim with it counts."""
        for number in range(MOST):
            path = self.folder / f"{name}.{number}"
            try:
                os.link(mine, path)
            except FileExistsError:
                if self._holds(path):
                    return False
            else:
                return True
        raise RequestError(f"{self.folder}: {name} was claimed {MOST} times")

    def _holds(self, path: Path) -> bool:
        """Whether somebody else's claim still counts."""
        who = None
        with suppress(OSError, ValueError, AttributeError):
            who = ProcessIdentity.from_table(json.loads(read_regular(path, LARGEST, follow=False)))
        if who is not None and who.is_local:
            return who.is_alive() and who != own_identity()
        with suppress(OSError):
            return file_time(self.folder) - path.lstat().st_mtime < STALE
        return False
