"""The table of a part: rows that are kept in a file, and a time by which all must be done."""

import gc
import json
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import torch

LAST = 5.0  # seconds left for the table itself


class OutOfTime(Exception):
    """Raised in the middle of a row whose time is up."""


@dataclass(frozen=True)
class Options:
    """What a part is told."""

    device: str = "auto"
    quick: bool = False  # a smoke test of the script: tiny, and no figure worth keeping
    minutes: float = 5.0
    out: Path = Path("on_gpu")  # where rows and runs are kept
    data: Path | None = None  # a folder of images, train/<class>/…; else the presets' own data
    only: str = ""  # rows whose name contains this
    scripts: tuple[Path, ...] = ()  # public ones, to race against
    seeds: int = 5

    @property
    def on_gpu(self) -> bool:
        """Whether there is something to measure."""
        return self.device.startswith("cuda")


@dataclass
class Sheet:
    """Rows by name, in order; a part that is run again goes on with those that are missing."""

    part: str
    columns: tuple[str, ...]
    options: Options
    began: float = field(default_factory=time.monotonic)
    rows: dict[str, list[str]] = field(default_factory=dict)
    owed: list[str] = field(default_factory=list)  # rows that time did not allow

    def __post_init__(self) -> None:
        """Take up what was measured before on the same card by the same torch."""
        self.where = where(self.options.device)
        with suppress(OSError, ValueError, KeyError):
            kept = json.loads(self._file.read_text())
            if kept["where"] == self.where:
                self.rows = kept["rows"]

    @property
    def _file(self) -> Path:
        return self.options.out / f"{self.part}{'-quick' * self.options.quick}.json"

    @property
    def left(self) -> float:
        """Seconds until the part has to be done."""
        return 60 * self.options.minutes - LAST - (time.monotonic() - self.began)

    def measure(
        self, name: str, make: Callable[[], Sequence[str] | None], needs: float = 0.0
    ) -> None:
        """Add the row that ``make`` gives, if it is not there and ``needs`` seconds are left.

        None is no row yet: it is owed to the next time. An error is a row too.
        """
        if self.options.only not in name or name in self.rows:
            return
        if self.left < max(needs, 1.0):
            self.owed.append(name)
            return
        try:
            found = _within(self.left, make)
        except OutOfTime:
            found = None
        except Exception as error:  # noqa: BLE001 (one row's failure is that row's result)
            found = [f"failed: {type(error).__name__}: {str(error).strip().splitlines()[:1]}"]
        finally:
            gc.collect()
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
        if found is None:
            self.owed.append(name)
            return
        self.rows[name] = [*map(str, found)]
        print(f"{name}: {' · '.join(self.rows[name])}", flush=True)
        self.options.out.mkdir(parents=True, exist_ok=True)
        self._file.write_text(json.dumps({"where": self.where, "rows": self.rows}, indent=1))

    def print(self) -> None:
        """The table, and what is owed."""
        print(f"\n{self.where}\n")
        print(f"| {' | '.join(self.columns)} |\n|{' --- |' * len(self.columns)}")
        for name, cells in self.rows.items():
            if self.options.only in name:
                padded = [name, *cells, *[""] * (len(self.columns) - 1 - len(cells))]
                print(f"| {' | '.join(padded)} |")
        if self.owed:
            print(f"\nno time left for {', '.join(self.owed)}: the same command goes on there")


def where(device: str) -> str:
    """Card and versions."""
    name = torch.cuda.get_device_name(device) if device.startswith("cuda") else "cpu"
    return f"{name}, torch {torch.__version__}, CUDA {torch.version.cuda or 'none'}"


def _within(seconds: float, make: Callable[[], Any]) -> Any:
    """Call ``make``; raises :class:`OutOfTime` in its midst when the time is up."""

    def ring(_: int, __: FrameType | None) -> None:
        raise OutOfTime

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return make()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
