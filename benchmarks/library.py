"""Ten thousand runs, or more: how long it takes to list, sort and filter them.

    python -m benchmarks.library [--runs 10000] [--hosts 1]

Records a few runs, copies them, and measures the index: the first look, a look by a
process that finds the index of another, and a look, a sort and two filters in a
screen that is open; and the memory that this process had at most. Of several hosts each has
its share of the runs. Run it from the root of the repository.
"""

import argparse
import json
import os
import re
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.ui.recorded import Recording, record_run
from workbench.runs.library.index import RunIndex
from workbench.runs.library.query import parse_query
from workbench.ui.runs.columns import sort_rows

KINDS = 10
REPEATS = 5


def make_runs(root: Path, count: int, hosts: int) -> None:
    """Write ``count`` finished runs of ten kinds, or of one for each host."""
    kinds = max(KINDS, hosts)
    for n in range(kinds):
        recording = Recording(
            name=f"kind-{n}", epochs=12, done=12, steps_per_epoch=5, status="finished", seed=n,
            changes=(("optimizer.lr", 0.01 * (n + 1)),), peak=0.8 + 0.01 * n,
        )  # fmt: skip
        record_run(root, recording)
        if hosts > 1:
            record = root / recording.name / "record.toml"
            host = f'host = "node-{n % hosts:03}"'
            record.write_text(re.sub(r"^host = .*$", host, record.read_text(), flags=re.M))
    for n in range(kinds, count):
        source = root / f"kind-{n % kinds}"
        shutil.copytree(source, root / f"run-{n:06}", copy_function=os.link)


@dataclass
class Watch:
    """Seconds on the clock, and seconds that the processor worked, since it was made."""

    began: float = field(default_factory=time.perf_counter)
    worked: float = field(default_factory=time.process_time)

    @property
    def clock(self) -> float:
        """Seconds on the clock."""
        return time.perf_counter() - self.began

    @property
    def processor(self) -> float:
        """Seconds that the processor worked for this process."""
        return time.process_time() - self.worked


def median(act: Callable[[], Any]) -> dict[str, float]:
    """Median of some repeats."""
    clock, processor = [], []
    for _ in range(REPEATS):
        watch = Watch()
        act()
        clock.append(watch.clock)
        processor.append(watch.processor)
    return {
        "clock": round(statistics.median(clock), 4),
        "processor": round(statistics.median(processor), 4),
    }


def first_look(root: Path) -> dict[str, float]:
    """Seconds until rows are there to be shown, and until all are."""
    index, watch, rows = RunIndex(root), Watch(), list[float]()
    index.refresh(lambda done, total: rows.append(watch.clock))
    index.close()
    return {
        "first_rows": round(rows[0] if rows else watch.clock, 2),
        "clock": round(watch.clock, 2),
        "processor": round(watch.processor, 2),
    }


def measure(root: Path) -> dict[str, Any]:
    """Seconds of every step."""
    first = first_look(root)

    def open_again() -> None:
        again = RunIndex(root)
        again.refresh()
        sort_rows(again.select(parse_query("")), "started", True)
        again.close()

    time.sleep(2.1)  # what was written just now is looked at again once
    open_again()
    index = RunIndex(root)
    index.refresh()
    by_column = parse_query("status:finished acc>0.85 kind", index.keys())
    by_key = parse_query("optimizer.lr>0.05", index.keys())
    return {
        "first_look": first,
        "open_list_and_sort_in_a_new_process": median(open_again),
        "look_again": median(index.refresh),
        "filter_by_columns_and_sort": median(
            lambda: sort_rows(index.select(by_column), "val", True)
        ),
        "filter_by_a_key_of_the_configuration": median(lambda: index.select(by_key)),
    }


def peak_memory() -> float:
    """Megabytes that this process had at most."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def main() -> None:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--hosts", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as root:
        make_runs(Path(root), given.runs, given.hosts)
        before = peak_memory()
        found = {"runs": given.runs, "hosts": given.hosts, "seconds": measure(Path(root))}
        found["megabytes"] = {"before": before, "at most": peak_memory()}
        print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
