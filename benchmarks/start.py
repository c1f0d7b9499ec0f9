"""How soon there is something: the first paint against importing torch, the first training step.

    python benchmarks/start.py [--repeats 7]

The screen is opened in a terminal of its own, at 160×48, on an empty runs folder; it has
painted when the presets, the form's tabs and its first fields are on it. A start is timed
from the call that the start key makes to the first step's event: by a worker forked from
the preloaded worker (warm), by a new process (cold), and by a bare script that imports
torch, reads the same digits and takes one step of the same network and batch. All of it
takes turns; the table gives medians. Processor time is the process's own until then. The
package's bytecode is made first, as an installer does.
"""

import argparse
import asyncio
import compileall
import fcntl
import json
import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections import defaultdict
from pathlib import Path

import psutil

import workbench
from workbench.config.presets import load_preset
from workbench.runs.live.control import write_request
from workbench.runs.live.launch import prepare, start_worker
from workbench.runs.live.preloaded import PreloadedWorker
from workbench.runs.live.status import read_status
from workbench.runs.store.folder import RunFolder

SIZE = (48, 160)
SIGNS = (b"regnetx", b"Augment", b"blocks")  # tree, tabs, fields
PATIENCE = 120.0  # seconds
CHANGES = {"train.device": "cpu", "train.epochs": 200}
RATIOS = (
    ("first paint, s", "import torch, s"),
    ("first paint, processor s", "import torch, processor s"),
    ("cold start to the first step, s", "bare script to its first step, s"),
)
BARE = """
import time
started = time.perf_counter()
import torch
from workbench import build_model, load_preset
from workbench.data.sets.digits import read_digits
config = load_preset("quick/digits")
model = build_model(config)
counts, digits = read_digits()
batch = torch.from_numpy(counts[:64]).float().unsqueeze(1) / 16
optimizer = torch.optim.AdamW(model.parameters(), config.optimizer.lr)
loss = torch.nn.functional.cross_entropy(model(batch), torch.from_numpy(digits[:64]))
loss.backward()
optimizer.step()
print(loss.item())
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7)
    repeats = parser.parse_args().repeats
    compileall.compile_dir(Path(workbench.__file__).parent, quiet=1)
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(measure(Path(folder), repeats))
    print("| | median |\n| --- | ---: |")
    for name, values in found.items():
        print(f"| {name} | {statistics.median(values):.3f} |")


async def measure(folder: Path, repeats: int) -> dict[str, list[float]]:
    """Every figure ``repeats`` times, in turns."""
    found: dict[str, list[float]] = defaultdict(list)
    preloaded = PreloadedWorker(folder / "preloaded.log")
    await preloaded.summarize(load_preset("quick/digits"))
    for _ in range(repeats):
        wall, processor = timed("import torch")
        found["import torch, s"].append(wall)
        found["import torch, processor s"].append(processor)
        wall, processor, memory = first_paint(folder / "empty")
        found["first paint, s"].append(wall)
        found["first paint, processor s"].append(processor)
        found["screen's memory, MB"].append(memory)
        found["bare script to its first step, s"].append(timed(BARE)[0])
        found["cold start to the first step, s"].append(await first_step(folder, None))
        found["warm start to the first step, s"].append(await first_step(folder, preloaded))
    await preloaded.close()
    for name, base in RATIOS:
        shares = [a / b for a, b in zip(found[name], found[base], strict=True)]
        found[f"{name} ÷ {base}"] = shares
    return dict(found)


def timed(code: str) -> tuple[float, float]:
    """Wall and processor seconds of a new process that runs ``code``."""
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    return time.perf_counter() - started, usage.ru_utime + usage.ru_stime


def first_paint(runs: Path) -> tuple[float, float, float]:
    """Wall and processor seconds to the first paint, and megabytes two seconds after it."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
    command = [sys.executable, "-m", "workbench", "--runs-dir", str(runs)]
    started = time.perf_counter()
    process = psutil.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
        env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
    )  # fmt: skip
    try:
        read_until_painted(master, started)
        wall, spent = time.perf_counter() - started, process.cpu_times()
        drain(master, 2.0)
        memory = process.memory_info().rss / 1e6
    finally:
        process.terminate()
        process.wait()
        os.close(master)
        os.close(slave)
    return wall, spent.user + spent.system, memory


def read_until_painted(master: int, started: float) -> None:
    """Read the terminal until everything that makes a useful image has been written."""
    written = b""
    while not all(sign in written for sign in SIGNS):
        if time.perf_counter() - started > PATIENCE:
            raise SystemExit("the screen did not paint")
        if select.select([master], [], [], 0.01)[0]:
            written += os.read(master, 1 << 16)


def drain(master: int, seconds: float) -> None:
    """Keep reading, or the screen would wait for its terminal."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        if select.select([master], [], [], 0.05)[0]:
            os.read(master, 1 << 16)


async def first_step(root: Path, preloaded: PreloadedWorker | None) -> float:
    """Seconds from the start key to the first step's event, by a warm or a new process."""
    config = load_preset("quick/digits", CHANGES)
    started = time.perf_counter()
    folder = prepare(config, root / "runs")
    if preloaded is None:
        start_worker(folder)
    else:
        await preloaded.launch(folder)
    while not has_step(folder):
        if time.perf_counter() - started > PATIENCE:
            raise SystemExit(f"no step: {folder.log.read_text()}")
        time.sleep(0.002)
    seconds = time.perf_counter() - started
    write_request(folder, "stop")
    while read_status(folder).is_live:
        time.sleep(0.05)
    return seconds


def has_step(folder: RunFolder) -> bool:
    """Whether the run has written a step."""
    if not folder.metrics.exists():
        return False
    lines = folder.metrics.read_bytes().split(b"\n")[:-1]
    return any(json.loads(line)["event"] == "step" for line in lines)


if __name__ == "__main__":
    main()
