"""The clock of a shared file system: what it writes as the time of a file that is touched now.

The clocks of hosts differ by seconds to minutes. Where a server sets the times of files, as NFS
does, a file touched now shows how old another host's heartbeat is, whatever both hosts' clocks say.
"""

import time
from pathlib import Path

from workbench.runs.store.files import touch

KEPT = 60.0  # seconds for which a difference is used
FILE = ".clock"

_known: dict[Path, tuple[float, float]] = {}  # folder → (monotonic time of asking, difference)


def file_time(folder: Path) -> float:
    """The time now by the clock of ``folder``'s file system, Unix seconds.

    This host's own where nothing can be written there.
    """
    asked, ahead = _known.get(folder, (float("-inf"), 0.0))
    if time.monotonic() - asked > KEPT:
        ahead = _ahead(folder)
        _known[folder] = (time.monotonic(), ahead)
    return time.time() + ahead


def _ahead(folder: Path) -> float:
    """How far the file system's clock is ahead of this host's, seconds."""
    probe = folder / FILE
    try:
        touch(probe)
        return probe.lstat().st_mtime - time.time()
    except OSError:
        return 0.0
