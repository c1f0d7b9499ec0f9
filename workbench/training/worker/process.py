"""One of several processes that train a run together: what torchrun starts.

Under a supervisor (``supervisor.py``), which waits in the queue and keeps record and heartbeat;
or by hand, ``torchrun … -m workbench.training.worker RUN_DIR`` on each of several machines, where
the first process does both.
"""

import json
import logging
import os
import sys
from dataclasses import dataclass
from typing import NoReturn

from workbench.config import RunConfig
from workbench.runs.live.process import ProcessIdentity
from workbench.runs.live.slots import Places
from workbench.runs.store.events import EventWriter
from workbench.runs.store.files import make_folder, open_to_append
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.record import read_record
from workbench.training.worker.heartbeat import Heartbeat, NoHeartbeat
from workbench.training.worker.outcome import Outcome, outcome_of
from workbench.training.worker.recorder import Recorder
from workbench.training.worker.reports import log_file, processes_folder, write_report
from workbench.training.worker.signals import Signals

SUPERVISOR = "WORKBENCH_SUPERVISOR"  # the identity of the process that has started torchrun
FAILED = 1

log = logging.getLogger("workbench")


def under_torchrun() -> bool:
    """Whether this process was started by torchrun, or as it starts one."""
    return all(name in os.environ for name in ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"))


@dataclass
class Member:
    """This process's place among them, before torch is loaded."""

    folder: RunFolder
    rank: int
    size: int
    signals: Signals

    @classmethod
    def here(cls, folder: RunFolder) -> "Member":
        """By the environment that torchrun has given this process; hears signals from now on."""
        signals = Signals()
        signals.listen()
        return cls(folder, int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"]), signals)

    @property
    def supervised(self) -> bool:
        """Whether another process keeps record, heartbeat and queue."""
        return SUPERVISOR in os.environ

    @property
    def keeps_record(self) -> bool:
        """Whether this process is the run's worker as well."""
        return self.rank == 0 and not self.supervised

    def redirect_output(self) -> None:
        """Write to a log of this process alone."""
        make_folder(processes_folder(self.folder))
        file = open_to_append(log_file(self.folder, self.rank))
        print(f"process {self.rank} of {self.size}: {log_file(self.folder, self.rank)}", flush=True)
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
            os.dup2(file, stream.fileno())
        os.close(file)

    def work(self, config: RunConfig) -> int:
        """Train as one whose record somebody else keeps; returns the exit status."""
        from workbench.training.worker.silent import SilentRecorder, SilentWriter  # loads torch

        recorder: Recorder = SilentRecorder(read_record(self.folder.record))
        writer: EventWriter = SilentWriter()
        if self.rank == 0:
            recorder, writer = Recorder.going_on(self.folder), EventWriter(self.folder.metrics)
        with self.signals.awake:
            outcome = self.train(config, Tools(writer, recorder, NoHeartbeat(), None))
        recorder.write()
        writer.close()
        return FAILED if outcome.error else 0

    def train(self, config: RunConfig, tools: "Tools") -> Outcome:
        """Join the others and train; the report says how it ended."""
        from workbench.training.distributed.peers import Peers, meet, naming_the_lost
        from workbench.training.distributed.world import join, leave
        from workbench.training.loop import devices
        from workbench.training.worker.callbacks import Callbacks
        from workbench.training.worker.session import run_session

        write_report(self.folder, self.rank)
        peers: list[Peers] = []

        def session() -> None:
            store = meet()
            peers.append(Peers(store, self.rank, self.size))
            peers[0].await_all()
            peers[0].watch(self._give_up, self._supervisor_is_gone)
            with naming_the_lost(peers[0]):
                compute = devices.choose(config.train, int(os.environ.get("LOCAL_RANK", "0")))
                world = join(store, compute.device)
                callbacks = Callbacks(
                    self.folder, tools.writer, tools.recorder,
                    self.signals, tools.heartbeat, tools.slot,
                )  # fmt: skip
                run_session(self.folder, callbacks, config, world)

        outcome = outcome_of(session)
        if outcome.error and outcome.error["kind"] == "LostProcess":
            outcome = Outcome("crashed", outcome.error)
        write_report(self.folder, self.rank, outcome)
        if peers and outcome.error is None:
            peers[0].leave()
            leave()
        return outcome

    def _give_up(self, lost: str) -> None:
        """Called by the thread that watches: the main one may wait for ever."""
        log.error("%s; this process ends", lost)
        error = {"kind": "LostProcess", "message": lost}
        write_report(self.folder, self.rank, Outcome("crashed", error))
        os._exit(FAILED)

    def _supervisor_is_gone(self) -> bool:
        told = os.environ.get(SUPERVISOR)
        supervisor = ProcessIdentity.from_table(json.loads(told)) if told else None
        return supervisor is not None and supervisor.is_local and not supervisor.is_alive()


def end(status: int) -> NoReturn:
    """End this process at once, when everything is written.

    Not through the destructors of its connections: they may wait for a process that is lost, and
    threads of torch's that still run abort the process now and then.
    """
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(status)


class AlwaysFree:
    """The place of a run that waits for no other."""

    wanted = ""

    def try_take(self) -> bool:
        """Taken already."""
        return True

    def release(self) -> None:
        """Nobody waits for it."""


@dataclass(frozen=True)
class Tools:
    """What a process writes with, and where it waits."""

    writer: EventWriter
    recorder: Recorder
    heartbeat: Heartbeat | NoHeartbeat
    slot: Places | None
