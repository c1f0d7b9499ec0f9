"""What a process that does not lead its run has in place of files: it writes none of them."""

from typing import Any

from workbench.runs.store.events import EventWriter
from workbench.runs.store.record import Record
from workbench.training.checkpoints.files import Snapshot
from workbench.training.checkpoints.writer import CheckpointWriter
from workbench.training.worker.recorder import Recorder


class SilentWriter(EventWriter):
    """Takes events and forgets them."""

    held_bytes = length = 0

    def __init__(self) -> None: ...

    def add_now(self, kind: str, **values: Any) -> None: ...

    def add(self, event: Any) -> None: ...

    def flush(self) -> None: ...

    def close(self) -> None: ...


class SilentRecorder(Recorder):
    """Keeps a record in memory alone."""

    def __init__(self, record: Record) -> None:
        self.record = record

    def write(self) -> None: ...


class SilentCheckpoints(CheckpointWriter):
    """Keeps no checkpoint."""

    busy = False
    saved_step = -1

    def __init__(self) -> None: ...

    def keep(self, snapshot: Snapshot, *, best: bool = False) -> None: ...

    def wait(self) -> None: ...
