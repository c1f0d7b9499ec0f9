"""All that only a GPU can show, in parts of five minutes that each print one table.

    python -m benchmarks.on_gpu --part check|speed|race|studies [--device cuda:0] [--data DIR]
                                [--script FILE.py]... [--only TEXT] [--out on_gpu] [--fresh]

- ``check``: every preset trains the same captured and uncaptured; killed and resumed, replayed,
  out of memory; the tests marked ``gpu``.
- ``speed``: a step of every preset as it is, captured, and its kernels alone; the first step of
  a warm worker; images that are not resident; a loop by hand compiled with max-autotune.
- ``race``: the 94 % and 96 % recipes over seeds, bare and with a screen watching, and public
  scripts given by path, which are run as they are in their own folder.
- ``studies``: SimpleNN's, ResNet-20's, ResNet 5-4-3 for 150 epochs, as runs in ``OUT/runs``.

Every part ends within ``--minutes``. Its rows are kept in ``OUT``: run again on the same card,
it measures only the rows that are missing, and runs that were stopped go on. DIR holds CIFAR-10
as train/<class>/… and test/<class>/…; without it CIFAR-10 is looked for as presets do. ``--device
cpu --quick`` tries the script itself, with closures in place of graphs: no figure of it counts.
"""

import argparse
import importlib
import shutil
from pathlib import Path

import torch

from benchmarks.gpu_parts.sheet import Options, Sheet

PARTS = ("check", "speed", "race", "studies")


def run(part: str, options: Options) -> Sheet:
    """Measure a part and print its table."""
    module = importlib.import_module(f"benchmarks.gpu_parts.{part}")
    sheet: Sheet = getattr(module, part)(options)
    sheet.print()
    return sheet


def main(arguments: list[str] | None = None) -> Sheet:
    """Read the switches, run a part."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", choices=PARTS, required=True)
    parser.add_argument("--device", default="cuda:0")
    parser.add_argument("--quick", action="store_true", help="a smoke test of this script")
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--out", type=Path, default=Path("on_gpu"))
    parser.add_argument("--data", type=Path, help="a folder of images")
    parser.add_argument("--script", type=Path, action="append", default=[])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", default="", help="rows whose name contains this")
    parser.add_argument("--fresh", action="store_true", help="measure again what is kept")
    args = parser.parse_args(arguments)
    if args.device != "cpu" and not torch.cuda.is_available():
        parser.error("this machine has no GPU; --device cpu --quick tries the script")
    if args.fresh:
        shutil.rmtree(args.out, ignore_errors=True)
    scripts = tuple(path.absolute() for path in args.script)
    options = Options(
        args.device, args.quick, args.minutes, args.out.absolute(), args.data, args.only, scripts,
        args.seeds,
    )  # fmt: skip
    return run(args.part, options)


if __name__ == "__main__":
    main()
