"""Identifies a worker's process, and tells whether it still lives.

A process id alone is not enough: it is used again, and means nothing after a reboot or on
another machine. With the kernel's start tick, the boot id and the host it is unique.
"""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LARGEST_PID = 2**31 - 1
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class ProcessIdentity:
    """A process, unique over time and machines."""

    pid: int
    started: str  # kernel start tick: does not move when the clock is set
    boot: str
    host: str

    @classmethod
    def of(cls, pid: int) -> "ProcessIdentity":
        """Identity of a process of this machine; ``started`` is empty if it is gone."""
        return cls(pid, start_mark(pid), boot_id(), socket.gethostname())

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> "ProcessIdentity | None":
        """Read what :meth:`as_table` wrote; None where a value is missing or wrong."""
        pid = table.get("pid")
        names = [table.get(key) for key in ("pid_started", "boot", "host")]
        if type(pid) is not int or not 0 < pid <= LARGEST_PID:
            return None
        if not all(isinstance(name, str) for name in names):
            return None
        return cls(pid, *map(str, names))

    def as_table(self) -> dict[str, Any]:
        """As keys of a record."""
        return {
            "pid": self.pid, "pid_started": self.started, "boot": self.boot, "host": self.host
        }  # fmt: skip

    @property
    def is_local(self) -> bool:
        """True where the process ran on this host, in this boot or an earlier one."""
        return self.host == socket.gethostname()

    def is_alive(self) -> bool:
        """True if this process runs here now; a zombie does not count."""
        return (
            self.is_local
            and self.boot == boot_id()
            and bool(self.started)
            and start_mark(self.pid) == self.started
        )


def boot_id() -> str:
    """The kernel's boot id, which changes with every boot; "" where there is none."""
    try:
        return BOOT_ID.read_text().strip()
    except OSError:
        return ""


def start_mark(pid: int) -> str:
    """When a process was started, as text to compare; "" if it is gone or a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return _portable_start_mark(pid) if not Path("/proc/self/stat").exists() else ""
    # The name in parentheses may hold anything; the state is the first field after it.
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] in "ZX" else fields[19]


def _portable_start_mark(pid: int) -> str:
    import psutil  # 35 ms, which the first paint does not wait for where there is /proc

    try:
        process = psutil.Process(pid)
        return "" if process.status() == psutil.STATUS_ZOMBIE else f"{process.create_time():.1f}"
    except psutil.Error:
        return ""


def own_identity() -> ProcessIdentity:
    """Identity of the calling process."""
    return ProcessIdentity.of(os.getpid())
