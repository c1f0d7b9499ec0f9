"""One of several coordinators of a sweep, over scripted workers: ``… RUNS NAME``.

``… --worker RUN_DIR`` is such a worker: like a real one it holds the run's lock; it counts in a
file how many of them have trained the run.
"""

import subprocess
import sys
from pathlib import Path

from filelock import FileLock, Timeout

from tests.cli.scripted_worker import main as train
from workbench.runs.live.launch import write_launch
from workbench.runs.live.process import ProcessIdentity
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.record import read_record
from workbench.sweeps import coordinator as module
from workbench.sweeps.coordinator import Coordinator, Rules
from workbench.sweeps.folder import open_sweep, stored_sweep
from workbench.sweeps.launch import open_source

children: list["subprocess.Popen[bytes]"] = []


def start(run: RunFolder) -> int:
    """Start a scripted worker."""
    child = subprocess.Popen([sys.executable, __file__, "--worker", run.path])
    children.append(child)
    write_launch(run, ProcessIdentity.of(child.pid))
    return child.pid


def reap() -> None:
    """Wait for scripted workers that have ended."""
    for child in children:
        child.poll()


def work(run: RunFolder) -> None:
    """Be a worker; one that comes second, or too late, ends at once."""
    try:
        with FileLock(run.lock, timeout=0):
            if read_record(run.record).get("run", {}).get("status") == "finished":
                return
            with (run.path / "trained").open("a") as file:
                file.write("once\n")
            train(str(run.path), "finish")
    except Timeout:
        return


def coordinate(runs: Path, name: str) -> None:
    """Coordinate a stored sweep together with others."""
    module.start_worker = start  # type: ignore[attr-defined]
    module.reap = reap  # type: ignore[attr-defined]
    module.INTERVAL = 0.05
    folder = open_sweep(name, runs)
    sweep = stored_sweep(folder)
    Coordinator(folder, sweep, open_source(sweep, folder, share=True), Rules(share=True)).work()


if __name__ == "__main__":
    if sys.argv[1] == "--worker":
        work(RunFolder(Path(sys.argv[2])))
    else:
        coordinate(Path(sys.argv[1]), sys.argv[2])
