"""Ten thousand runs: how long it takes to list, sort and filter them.

    python -m benchmarks.library [--runs 10000]

Records a few runs, copies them, and measures the index: the first look, a look by a
process that finds the index of another, and a look, a sort and two filters in a
screen that is open. Run it from the root of the repository.
"""

import argparse
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.ui.recorded import Recording, record_run
from workbench.runs.index import RunIndex
from workbench.runs.query import parse_query
from workbench.ui.panels.run_columns import sort_rows

KINDS = 10
REPEATS = 5


def make_runs(root: Path, count: int) -> None:
    """Write ``count`` finished runs of ten kinds."""
    for n in range(KINDS):
        recording = Recording(
            name=f"kind-{n}", epochs=12, done=12, steps_per_epoch=5, status="finished", seed=n,
            changes=(("optimizer.lr", 0.01 * (n + 1)),), peak=0.8 + 0.01 * n,
        )  # fmt: skip
        record_run(root, recording)
    for n in range(KINDS, count):
        shutil.copytree(root / f"kind-{n % KINDS}", root / f"run-{n:06}")


def median(act: Callable[[], Any]) -> dict[str, float]:
    """Median of some repeats: seconds on the clock, and seconds that the processor worked."""
    clock, processor = [], []
    for _ in range(REPEATS):
        began, worked = time.perf_counter(), time.process_time()
        act()
        clock.append(time.perf_counter() - began)
        processor.append(time.process_time() - worked)
    return {
        "clock": round(statistics.median(clock), 4),
        "processor": round(statistics.median(processor), 4),
    }


def measure(root: Path) -> dict[str, Any]:
    """Seconds of every step."""
    began, worked = time.perf_counter(), time.process_time()
    index = RunIndex(root)
    index.refresh()
    first = {
        "clock": round(time.perf_counter() - began, 2),
        "processor": round(time.process_time() - worked, 2),
    }
    index.close()

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


def main() -> None:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=10_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as root:
        make_runs(Path(root), given.runs)
        print(json.dumps({"runs": given.runs, "seconds": measure(Path(root))}, indent=2))


if __name__ == "__main__":
    main()
