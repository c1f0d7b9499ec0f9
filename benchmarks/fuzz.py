"""Fuzz everything that reads a stranger's bytes.

    python benchmarks/fuzz.py folders --runs 5000     (damaged run folders, every command)
    pip install atheris
    python benchmarks/fuzz.py events --runs 20000     (one reader, guided by coverage)

The readers, and what counts as a bug, are in ``tests/readers.py``; how folders are damaged and what
must hold of every command then, in ``tests/hostile_folders.py``.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent.parent))


def fuzz_folders(runs: int) -> None:
    """Try every command on damaged run folders; the smallest case that breaks one is shown."""
    from tests.hostile_folders import Damage, check, commands, damages

    tried: dict[tuple[str, ...], int] = {}

    @settings(
        max_examples=runs,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(damages, min_size=1, max_size=5), commands)
    def tries(found: list[Damage], command: tuple[str, ...]) -> None:
        tried[command] = tried.get(command, 0) + 1
        with tempfile.TemporaryDirectory() as scratch:
            check(found, command, Path(scratch))

    with tempfile.TemporaryDirectory() as home:
        os.environ |= {"WORKBENCH_STATE": home, "WORKBENCH_PRESETS": home}
        tries()
    print(f"{sum(tried.values()):,} damaged folders, {len(tried)} commands: none hung, broke or "
          "wrote elsewhere")  # fmt: skip


def fuzz_reader(name: str, runs: int) -> None:
    """Fuzz one reader; libFuzzer prints its counts at the end, and the input that broke it."""
    import atheris

    with atheris.instrument_imports(include=["workbench"]):
        from tests.readers import READERS, read
    if name not in READERS:
        raise SystemExit(f"{name}: there are folders, {', '.join(READERS)}")
    with tempfile.TemporaryDirectory() as scratch:
        limits = [f"-runs={runs}", "-max_len=4096", "-timeout=20", f"-artifact_prefix={scratch}/"]
        atheris.Setup([sys.argv[0], *limits], lambda data: read(name, data, Path(scratch)))
        atheris.Fuzz()


def main() -> None:
    """Fuzz what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", help="folders, or a reader of tests/readers.py")
    parser.add_argument("--runs", type=int, default=20_000)
    options = parser.parse_args()
    if options.what == "folders":
        fuzz_folders(options.runs)
    else:
        fuzz_reader(options.what, options.runs)


if __name__ == "__main__":
    main()
