"""What watching a run costs: bytes to the terminal, processor share, frame time.

    python -m benchmarks.screen [--seconds 30] [--million]

Opens the Run screen on a pseudo-terminal of each size while a run is written at a
normal rate beside it, and counts what the screen sends and the processor time that
its process takes; then the same on a slow line (``WORKBENCH_SLOW_LINK=1``), for a run that
stands still and for the list of runs. ``--million`` records
a run of a million steps and measures how long it takes to open, and to draw a frame.
Run it from the root of the repository.
"""

import argparse
import asyncio
import fcntl
import itertools
import json
import os
import pty
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from pathlib import Path
from typing import Any

import psutil
from textual.pilot import Pilot

from tests.ui.recorded import Recording, events, record_run
from workbench.runs.history.feed import RunFeed
from workbench.runs.store.events import EventWriter
from workbench.runs.store.folder import RunFolder
from workbench.ui.app import WorkbenchApp
from workbench.ui.run.screen import RunScreen
from workbench.ui.widgets.slow_line import SLOW

SIZES = ((80, 24), (160, 48))
CASES = (  # screen, whether the run goes on, whether the line is slow
    ("run", True, False),
    ("run", True, True),
    ("run", False, False),
    ("runs", True, False),
)
STEPS_PER_SECOND = 70  # SimpleNN on two cores; a ResNet is slower
STEPS_PER_EPOCH = 390
PAINTED = 6000  # bytes of a first paint, at least
SETTLE = 4.0  # seconds from the first paint until it is counted
WATCH = """
import sys
from pathlib import Path
from workbench.runs.store.folder import RunFolder
from workbench.ui.app import WorkbenchApp

class Watch(WorkbenchApp):
    DEFAULT_MODE = "runs"
    CSS_PATH = [str(Path(sys.argv[2]) / name) for name in WorkbenchApp.CSS_PATH]

    def on_ready(self):
        if sys.argv[3] == "run":
            self.open_run(RunFolder(Path(sys.argv[1])))

Watch(Path(sys.argv[1]).parent).run()
"""


class Watched:
    """The Run screen or the list of runs in a process of its own, on a terminal that counts."""

    def __init__(
        self, folder: RunFolder, columns: int, rows: int, screen: str, *, slow: bool = False
    ) -> None:
        self.sent = 0
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        styles = Path(sys.modules[WorkbenchApp.__module__].__file__ or "").parent
        self._process = subprocess.Popen(
            [sys.executable, "-c", WATCH, str(folder.path), str(styles), screen],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={
                **os.environ,
                "TERM": "xterm-256color",
                "COLORTERM": "truecolor",
                SLOW: "1" if slow else "",
            },
            start_new_session=True,
        )
        os.close(slave)
        self._master = master
        self._about = psutil.Process(self._process.pid)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while select.select([self._master], [], [], None)[0]:
            try:
                data = os.read(self._master, 1 << 16)
            except OSError:
                return
            if not data:
                return
            self.sent += len(data)

    def wait(self) -> None:
        """Until it has painted, and has read what there is."""
        while self.sent < PAINTED and self._process.poll() is None:
            time.sleep(0.05)
        time.sleep(SETTLE)

    def measure(self, seconds: float) -> tuple[float, float, float]:
        """Bytes a second, share of one core, and resident megabytes, over some seconds."""
        sent, cpu, began = self.sent, self._cpu(), time.perf_counter()
        time.sleep(seconds)
        passed = time.perf_counter() - began
        memory = self._about.memory_info().rss / 1e6
        return (self.sent - sent) / passed, (self._cpu() - cpu) / passed, memory

    def _cpu(self) -> float:
        times = self._about.cpu_times()
        return times.user + times.system

    def pause(self) -> None:
        """Stop the screen's process, so that it costs nothing."""
        os.killpg(self._process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it watch again, and catch up."""
        os.killpg(self._process.pid, signal.SIGCONT)
        time.sleep(SETTLE)

    def close(self) -> None:
        """End the screen."""
        self._process.kill()
        self._process.wait()
        os.close(self._master)


def write_live(folder: RunFolder, recording: Recording, stop: threading.Event) -> None:
    """Append the events that follow a recording at a worker's pace, flushed four times a second."""
    longer = Recording(**{**vars(recording), "done": recording.epochs})
    coming = itertools.dropwhile(
        lambda event: event.get("step", 0) <= recording.last_step, events(longer)
    )
    writer = EventWriter(folder.metrics)
    steps, began, paced = 0, time.monotonic(), 0.0
    for event in coming:
        if event["event"] == "pace":
            continue  # sent by the clock below, once a second
        writer.add(event)
        steps += event["event"] == "step"
        ahead = steps / STEPS_PER_SECOND - (time.monotonic() - began)
        if ahead > 0.25:
            writer.flush()
            if stop.wait(ahead):
                break
        if time.monotonic() - paced > 1:
            paced = time.monotonic()
            writer.add(_pace(recording.last_step + steps))
    writer.close()


def _pace(step: int) -> dict[str, Any]:
    return {
        "event": "pace",
        "time": time.time(),
        "images_per_second": STEPS_PER_SECOND * 128.0 + step % 61,
        "seconds": step / STEPS_PER_SECOND,
        "memory_bytes": 2_400_000_000 + step * 100,
        "memory_total": 128_000_000_000,
        "cpu_load": 0.9 + 0.001 * (step % 97),
    }


def watch(seconds: float) -> list[dict[str, Any]]:
    """Every size and screen, with a run that goes on and with one that stands still."""
    rows = []
    for columns, lines in SIZES:
        for name, live, slow in CASES:
            with tempfile.TemporaryDirectory() as root:
                recording = Recording(steps_per_epoch=STEPS_PER_EPOCH, done=12.3)
                folder = record_run(Path(root), recording)
                stop = threading.Event()
                writer = threading.Thread(target=write_live, args=(folder, recording, stop))
                if live:
                    writer.start()
                screen = Watched(folder, columns, lines, name, slow=slow)
                screen.wait()
                sent, share, memory = screen.measure(seconds)
                screen.close()
                stop.set()
                if live:
                    writer.join()
            rows.append(
                {
                    "size": f"{columns}×{lines}",
                    "screen": name,
                    "run": "live" if live else "still",
                    "line": "slow" if slow else "fast",
                    "bytes_per_second": round(sent),
                    "share_of_a_core": round(share, 4),
                    "memory_mb": round(memory),
                }
            )
    return rows


def million() -> dict[str, Any]:
    """Open a run of a million steps; draw frames of it while it goes on."""
    with tempfile.TemporaryDirectory() as root:
        recording = Recording(name="million-a1b2", epochs=500, steps_per_epoch=2500, done=400)
        folder = record_run(Path(root), recording)
        began = time.perf_counter()
        feed = RunFeed(folder)
        feed.catch_up(lambda share: None)
        opened = time.perf_counter() - began
        frames = {f"{w}×{h}": asyncio.run(_frames(folder, w, h)) for w, h in SIZES}
    return {"steps": recording.last_step, "open_seconds": round(opened, 3), "frame_ms": frames}


async def _frames(folder: RunFolder, columns: int, rows: int) -> dict[str, float]:
    """Milliseconds from the state to what goes to the terminal, when every plot has to move."""
    styles = Path(sys.modules[WorkbenchApp.__module__].__file__ or "").parent

    class Watch(WorkbenchApp):
        DEFAULT_MODE = "runs"
        CSS_PATH = [str(styles / name) for name in WorkbenchApp.CSS_PATH]  # noqa: RUF012

    app = Watch(folder.path.parent)
    taken: list[float] = []
    async with app.run_test(size=(columns, rows)) as pilot:
        app.open_run(folder)
        await _until_read(pilot)
        screen = app.screen
        assert isinstance(screen, RunScreen)
        state = screen.feed.state
        for _ in range(30):
            for _ in range(4000):  # enough for a new half column at both sizes
                state.step += 1
                state.curves["loss"].add(state.step, 0.2)
            began = time.perf_counter()
            screen._show()
            update = screen._compositor.render_partial_update()  # what Textual does at a refresh
            if update is not None:
                update.render_segments(app.console)
            taken.append(1000 * (time.perf_counter() - began))
    return {"median": round(statistics.median(taken), 1), "worst": round(max(taken), 1)}


async def _until_read(pilot: Pilot[None]) -> None:
    for _ in range(200):
        await pilot.pause(0.1)
        screen = pilot.app.screen
        if isinstance(screen, RunScreen) and screen.feed.state.step > 900_000:
            return
    raise SystemExit("the screen did not read the recording")


def main() -> None:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=30.0, help="of each measurement")
    parser.add_argument("--million", action="store_true", help="also a run of a million steps")
    given = parser.parse_args()
    result: dict[str, Any] = {"watching": watch(given.seconds)}
    if given.million:
        result["million"] = million()
    print(json.dumps(result, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
