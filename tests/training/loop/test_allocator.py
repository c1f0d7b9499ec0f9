"""What was freed is used again, counted in page faults of a process of its own."""

import platform
import subprocess
import sys

import pytest

from workbench.training.loop.allocator import SET_BY_USER

FAULTS = """
import resource
import sys

import numpy as np

from workbench.training.loop.allocator import keep_freed_memory

if sys.argv[1] == "keep":
    keep_freed_memory()
np.empty(9 << 20, np.uint8).fill(1)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(100):
    np.empty(8 << 20, np.uint8).fill(1)
    np.empty(1 << 20, np.uint8).fill(1)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how: str) -> int:
    command = [sys.executable, "-c", FAULTS, how]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc's allocator")
def test_freed_memory_costs_no_page_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SET_BY_USER, raising=False)
    kept = faults("keep")
    assert kept < 100
    monkeypatch.setenv(SET_BY_USER, "131072")  # the user's own request: fresh pages
    assert faults("keep") > 100 * (kept + 1)
