"""A random sample of planted faults in each area, and how many of them the quick tests notice.

    python benchmarks/mutants.py --each 25 --seed 1

Trying every fault (``make mutants``) takes many hours. This draws so many of each area by a
seed, tries them with mutmut and prints a table; ``mutmut show NAME`` shows one that lived. A fault
that no quick test reaches is counted apart: the tests that start real workers may notice it.
"""

import argparse
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

AREAS = {
    "learning rates": ("config/learning_rate",),
    "data": ("data/",),
    "tasks": ("tasks/",),
    "runs: files": ("runs/store/",),
    "runs: history": ("runs/history/",),
    "runs: library": ("runs/library/",),
    "runs: live": ("runs/live/",),
    "sweeps": ("sweeps/",),
    "training: loop": ("training/loop/", "training/compiled/"),
    "training: checkpoints": ("training/checkpoints/",),
    "training: worker": ("training/worker/",),
    "training: inference": ("training/inference/",),
}
SURVIVED, UNREACHED = 0, 33  # mutmut's exit codes; any other is a fault that was noticed
MUTMUT = Path(sys.executable).parent / "mutmut"


def mutmut(*names: str) -> None:
    """Make the faulty copies where they are not there, and try the named ones."""
    command = [str(MUTMUT), "run", "--max-children", "1", *names]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(command, env={**os.environ, "OMP_NUM_THREADS": "1"}, check=False, **quiet)


def faults() -> Iterator[tuple[str, str, int | None]]:
    """Every fault: the file that it is in, its name, and the exit code of its tests if tried."""
    for meta in sorted(Path("mutants").rglob("*.py.meta")):
        file = meta.relative_to("mutants/workbench").as_posix().removesuffix(".meta")
        for name, code in json.loads(meta.read_text())["exit_code_by_key"].items():
            yield file, name, code


def main() -> None:
    """Draw, try, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--each", type=int, default=25, help="faults of each area")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    mutmut("workbench.config.learning_rate.x__none__mutmut_1")  # only makes the copies
    known = list(faults())
    drawn: dict[str, list[str]] = {}
    for area, places in AREAS.items():
        names = [name for file, name, _ in known if file.startswith(places)]
        rng = random.Random(f"{options.seed} {area}")
        drawn[area] = sorted(rng.sample(names, min(options.each, len(names))))
    mutmut(*(name for names in drawn.values() for name in names))
    codes = {name: code for _, name, code in faults()}
    print("| area | faults | tried | unreached | noticed | lived |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for area, names in drawn.items():
        total = sum(file.startswith(AREAS[area]) for file, _, _ in known)
        found = [codes[name] for name in names]
        unreached, lived = found.count(UNREACHED), found.count(SURVIVED)
        tried = len(found) - found.count(None)
        print(
            f"| {area} | {total} | {tried} | {unreached} | {tried - unreached - lived} | {lived} |"
        )
    for names in drawn.values():
        for name in names:
            if codes[name] == SURVIVED:
                print(f"lived: {name}")


if __name__ == "__main__":
    main()
