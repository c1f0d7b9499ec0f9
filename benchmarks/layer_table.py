"""How long the layer table takes after an edit: each preset counted anew, ptflops included.

    python benchmarks/layer_table.py [--repeats 9] [PRESET …]

Warm: torch and ptflops are loaded, and nothing is kept between counts. The presets take
turns, so that what else the machine does meets all of them; the table gives medians, the
worst preset last. Processor time is that of all threads together.
"""

import argparse
import statistics
import time

import torch

from workbench.analysis import layers, summarize
from workbench.config.presets import list_presets, load_preset


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("presets", nargs="*", help="these alone")
    parser.add_argument("--repeats", type=int, default=9)
    arguments = parser.parse_args()
    names = arguments.presets or [preset.name for preset in list_presets() if not preset.own]
    configs = {name: load_preset(name) for name in names}
    rows = {name: len(summarize(config)["layers"]) for name, config in configs.items()}
    wall: dict[str, list[float]] = {name: [] for name in names}
    processor: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(arguments.repeats):
        for name, config in configs.items():
            layers.forget()
            started, worked = time.perf_counter(), time.process_time()
            summarize(config)
            wall[name].append(1000 * (time.perf_counter() - started))
            processor[name].append(1000 * (time.process_time() - worked))
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, medians\n")
    print("| preset | rows | wall, ms | processor, ms |\n| --- | ---: | ---: | ---: |")
    for name in sorted(names, key=lambda name: statistics.median(processor[name])):
        times = f"{statistics.median(wall[name]):.0f} | {statistics.median(processor[name]):.0f}"
        print(f"| {name} | {rows[name]} | {times} |")


if __name__ == "__main__":
    main()
