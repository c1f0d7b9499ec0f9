"""How fast it trains, and how full the memory is."""

import statistics
from collections.abc import Iterator

from workbench.diagnosis.finding import Case, Finding
from workbench.formatting.text import count, percent

FELL = 0.7  # of the throughput before
LONG = 1.0  # seconds of an epoch: what is shorter varies by itself
FULL = 0.92  # of the memory
IDLE = 0.5  # load of a GPU that waits for its host


def throughput_fell(case: Case) -> Iterator[Finding]:
    """Slower at the end than at the beginning, the first epoch left out."""
    speeds, seconds = case.column("images_per_second")[1:], case.column("seconds")
    if len(speeds) < 8 or not seconds or statistics.median(seconds) < LONG:
        return
    quarter = len(speeds) // 4
    before, now = statistics.median(speeds[: 2 * quarter]), statistics.median(speeds[-quarter:])
    if now < FELL * before:
        yield Finding(
            "throughput-fell", "warning", "The training has become slower",
            f"{count(round(now))} images a second at the end, {count(round(before))} before",
            "look for other programs on the machine, its temperature and power",
        )  # fmt: skip


def memory_full(case: Case) -> Iterator[Finding]:
    """Memory that is nearly used up, of the GPU or else of the machine."""
    system = case.state.system
    for used, total, whose in (
        ("gpu_memory_bytes", "gpu_memory_total", "the GPU's"),
        ("memory_bytes", "memory_total", "the machine's"),
    ):
        share = system[used] / system[total] if system.get(total) and used in system else 0.0
        if share > FULL:
            yield Finding(
                "memory-nearly-full", "warning", "The memory is nearly full",
                f"{percent(share, 0)} of {whose} memory is used",
                "a smaller batch, or the same in parts",
                ("train.batch_size", "train.accumulate", "train.checkpoint_activations"),
            )  # fmt: skip


def host_bound(case: Case) -> Iterator[Finding]:
    """A GPU that waits for its host."""
    load = case.state.system.get("gpu_load")
    if case.rows and isinstance(load, int | float) and load < IDLE:
        yield Finding(
            "host-bound", "warning", "The GPU waits for its host",
            f"its load is {percent(load, 0)}",
            "a larger batch, the step as a graph, more workers that decode",
            ("train.batch_size", "train.compile", "data.workers"),
        )  # fmt: skip
