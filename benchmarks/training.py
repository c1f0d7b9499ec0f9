"""Images per second of the workbench's training against the loops that people write.

    python -m benchmarks.training --data DIR [--networks simplenn,resnet20,resnet18,resnet543]

DIR holds images of 32×32 as train/<class>/… and test/<class>/… (CIFAR-10 as a folder). The
loops of ``benchmarks/loops.py`` live in processes of their own and train one epoch each in
turns, while the others wait; the first epoch warms up. ``textbook`` is what the others are
compared with, ``lightning`` joins where it is installed, ``workbench`` is the worker, and
``watched`` the same worker with a screen open on its run, on the same cores, in a terminal of
80×24. Ratios are medians over the turns of one turn's ratio.
"""

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from benchmarks.screen import Watched
from workbench.runs.store.folder import RunFolder

LOOPS = Path(__file__).parent / "loops.py"
NETWORKS: dict[str, dict[str, Any]] = {
    "simplenn": {"preset": "simplenn/simplenn-cifar10", "batch": 128, "steps": 300},
    "resnet20": {"preset": "resnet/resnet20-cifar10", "batch": 128, "steps": 30},
    "resnet18": {"preset": "resnet/resnet18-cifar10", "batch": 128, "steps": 4},
    "resnet543": {"preset": "resnet/resnet-5m-cifar10", "batch": 128, "steps": 4},
}
Epochs = dict[str, list[dict[str, float]]]


class Loop:
    """A training loop in its own process, trained an epoch at a time."""

    def __init__(self, name: str, request: dict[str, Any]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(LOOPS), name, json.dumps(request)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._read_until("ready")

    def _read_until(self, sign: str) -> str:
        assert self._process.stdout is not None
        while line := self._process.stdout.readline():
            if line.startswith(sign):
                return line
        raise SystemExit(f"a loop ended with status {self._process.wait()}")

    def epoch(self) -> dict[str, float]:
        """Train one epoch; what the loop says of it."""
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        return dict(json.loads(self._read_until("{")))

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()


def measure(network: str, options: argparse.Namespace) -> Epochs:
    """Epochs of every loop, in turns."""
    request = NETWORKS[network] | {
        "data": str(options.data),
        "threads": options.threads,
        "changes": dict(change.split("=", 1) for change in options.set),
    }
    found: Epochs = defaultdict(list)
    with tempfile.TemporaryDirectory() as name:
        os.environ["WORKBENCH_STATE"] = str(Path(name) / "state")
        request["runs"] = str(Path(name) / "runs")
        loops = {loop: Loop(loop, request) for loop in options.loops if loop != "watched"}
        screen = None
        if "watched" in options.loops:
            screen = Watched(RunFolder(Path(request["runs"]) / "watched"), 80, 24, "run")
            screen.wait()
            screen.pause()
        for turn in range(options.repeats + 1):
            for loop in options.loops:
                if loop == "watched" and screen is not None:
                    screen.go_on()
                    epoch = loops["workbench"].epoch()
                    screen.pause()
                else:
                    epoch = loops[loop].epoch()
                if turn:
                    found[loop].append(epoch)
        if screen is not None:
            screen.close()
        for process in loops.values():
            process.close()
    return found


def rate(epoch: dict[str, float]) -> float:
    """Images per second of an epoch's steps."""
    return epoch["pictures"] / epoch["seconds"]


def report(network: str, found: Epochs) -> None:
    """Print a table of one network."""
    print(f"\n**{network}**\n")
    print("| loop | images/s | against textbook | ms a step | peak memory |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for loop, epochs in found.items():
        speed = statistics.median(rate(epoch) for epoch in epochs)
        step = statistics.median(epoch["seconds"] / epoch["steps"] for epoch in epochs)
        peak = max(epoch["peak"] for epoch in epochs) / 1e6
        against = f"{ratio(found, loop, 'textbook'):.2f}" if "textbook" in found else ""
        print(f"| {loop} | {speed:,.0f} | {against} | {step * 1e3:.2f} | {peak:,.0f} MB |")
    print()
    for loop, base in (("workbench", "bare"), ("watched", "workbench"), ("lightning", "textbook")):
        if loop in found and base in found:
            more = statistics.median(
                (a["seconds"] / a["steps"] - b["seconds"] / b["steps"]) * 1e6
                for a, b in zip(found[loop], found[base], strict=True)
            )
            whole = statistics.median(
                b["whole"] / a["whole"] for a, b in zip(found[loop], found[base], strict=True)
            )
            print(
                f"{loop} ÷ {base}: {ratio(found, loop, base):.3f} of its images per second "
                f"({more:+,.0f} µs a step); {whole:.3f} with the end of the epoch"
            )


def ratio(found: Epochs, loop: str, base: str) -> float:
    """Images per second of a loop, as a share of another's in the same turn."""
    pairs = zip(found[loop], found[base], strict=True)
    return statistics.median(rate(epoch) / rate(other) for epoch, other in pairs)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--networks", default=",".join(NETWORKS))
    parser.add_argument("--loops", default="textbook,lightning,bare,workbench,watched")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=0, help="0: all cores")
    parser.add_argument("--set", action="append", default=[], help="KEY=VALUE of a preset")
    options = parser.parse_args()
    options.loops = [loop for loop in options.loops.split(",") if loop]
    if importlib.util.find_spec("lightning") is None and "lightning" in options.loops:
        print("Lightning is not installed here: left out")
        options.loops.remove("lightning")
    for network in options.networks.split(","):
        report(network, measure(network, options))


if __name__ == "__main__":
    main()
