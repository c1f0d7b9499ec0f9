"""Fuzz everything that reads a stranger's bytes, guided by coverage.

    pip install atheris
    python benchmarks/fuzz.py events --runs 20000

The readers, and what counts as a bug, are in ``tests/readers.py``.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["workbench"]):
    sys.path.insert(0, str(Path(__file__).parent.parent))
    from tests.readers import READERS, read


def main() -> None:
    """Fuzz one reader; libFuzzer prints its counts at the end, and the input that broke it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("reader", choices=READERS)
    parser.add_argument("--runs", type=int, default=20_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        limits = [
            f"-runs={options.runs}",
            "-max_len=4096",
            "-timeout=20",
            f"-artifact_prefix={name}/",
        ]
        atheris.Setup([sys.argv[0], *limits], lambda data: read(options.reader, data, folder))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
