"""The worker's main: ``python -m workbench.training.worker RUN_DIR``.

It knows neither the screen nor the command line that started it: configuration and requests
are read from the run directory, and everything is written there. On a folder whose training
has begun it goes on from the newest checkpoint.

torch is imported only after the record says that the worker lives.
"""

import logging
import os
import socket
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from filelock import FileLock, Timeout

from workbench.config import RunConfig
from workbench.errors import WorkbenchError
from workbench.runs.live.control import RequestReader
from workbench.runs.live.process import own_identity
from workbench.runs.live.slots import Places, slot_for
from workbench.runs.live.status import launched_process
from workbench.runs.store.events import EventWriter
from workbench.runs.store.files import refuse_link
from workbench.runs.store.folder import RunFolder
from workbench.system.gpus import how_many
from workbench.training.worker.heartbeat import Heartbeat
from workbench.training.worker.outcome import Outcome, outcome_of
from workbench.training.worker.process import AlwaysFree, Member, Tools, under_torchrun
from workbench.training.worker.queueing import wait_to_train
from workbench.training.worker.recorder import Recorder
from workbench.training.worker.signals import Signals
from workbench.training.worker.supervisor import Supervisor

STOPPED, FAILED = 0, 1

log = logging.getLogger("workbench")


def main(arguments: list[str] | None = None) -> int:
    """Train the run of the given folder; returns the process's exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if len(arguments) not in (1, 2) or not all(map(str.isdigit, arguments[1:])):
        print("usage: python -m workbench.training.worker RUN_DIR [PROCESSES]", file=sys.stderr)
        return 2
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s"
    )
    folder = RunFolder(Path(arguments[0]).absolute())
    try:
        # Where the folder is shared between machines the lock is too; it goes with the process.
        for path in (folder.lock, folder.checkpoints):
            refuse_link(path)
        member = Member.here(folder) if under_torchrun() else None
        if member:
            member.redirect_output()
            if not member.keeps_record:
                return member.work(folder.read_config())
        with FileLock(folder.lock, timeout=0):
            return work(folder, int(arguments[1]) if len(arguments) == 2 else 0, member)
    except Timeout:
        log.error("%s has a worker already", folder.id)
        return FAILED
    except (WorkbenchError, OSError) as error:
        log.error("%s", error)
        return FAILED


def work(folder: RunFolder, processes: int = 0, member: Member | None = None) -> int:
    """Set up record, signals and heartbeat, then train; returns the exit status.

    ``processes`` are in place of ``train.devices``; ``member`` is this one's place among several
    that were started by hand.
    """
    signals = member.signals if member else Signals()
    signals.listen()
    config = folder.read_config()
    recorder = Recorder(folder, config.about.preset)
    if recorder.record["run"].get("status") == "finished":
        log.info("%s is finished; nothing is left to do", folder.id)
        return STOPPED
    _forget_old_request(folder)
    log.info("worker of %s: process %d on %s", folder.id, os.getpid(), socket.gethostname())
    recorder.status("running")
    heartbeat = Heartbeat(folder.heartbeat)
    with signals.awake:
        heartbeat.start()
        signals.at_once = lambda: _leave_at_once(recorder)
        try:
            count = 1 if member else processes or how_many(config.train)
            return Worker(folder, config, recorder, signals, heartbeat, count, member).run()
        finally:
            heartbeat.stop()


def _forget_old_request(folder: RunFolder) -> None:
    """Delete a request to an earlier worker, where no launcher has done so.

    A launcher deletes it before it starts a worker, so that any request found then is for the
    new one. A worker started by hand does it here: nobody can have asked it anything yet, as
    the record does not say that it lives.
    """
    if launched_process(folder) != own_identity():
        folder.control.unlink(missing_ok=True)


def _leave_at_once(recorder: Recorder) -> None:
    recorder.write_last("stopped")
    os._exit(STOPPED)


@dataclass
class Worker:
    """One run's worker, from the queue to the last event."""

    folder: RunFolder
    config: RunConfig
    recorder: Recorder
    signals: Signals
    heartbeat: Heartbeat
    processes: int = 1
    member: Member | None = None  # where it is one of several that were started by hand

    def run(self) -> int:
        """Wait for a place, train, and record how it ended; returns the exit status."""
        writer = EventWriter(self.folder.metrics)
        slot = slot_for(self.config.train, self.processes, self.folder.path)
        outcome = Outcome("stopped")
        # Who starts processes by hand has chosen where; they do not wait for other runs.
        if self.member or self._queue(slot, writer):
            writer.add_now("phase", message="loading torch")
            outcome = self._train(writer, slot)
        slot.release()
        status, error = outcome.status, outcome.error
        self.recorder.write_last(status, error)
        try:
            writer.add_now("status", status=status, error=error["message"] if error else "")
            writer.close()
        except OSError as failure:  # the record has said it
            log.error("the last event could not be written: %s", failure)
        return STOPPED if error is None else FAILED

    def _queue(self, slot: Places, writer: EventWriter) -> bool:
        """Wait for a place on the device; False if asked to stop before there was one."""
        tell = partial(self.tell, writer)
        return wait_to_train(slot, RequestReader(self.folder), tell, self.is_over)

    def tell(self, writer: EventWriter, status: str, message: str = "") -> None:
        """Record the status of a run that does not train, and write it as an event."""
        self.recorder.status(status)
        writer.add_now("status", status=status, message=message)

    def is_over(self) -> bool:
        """Whether a signal asked the worker to end, or the run's folder is gone."""
        return self.signals.stop or self.heartbeat.lost

    def _train(self, writer: EventWriter, slot: Places) -> Outcome:
        """Train here, or have several processes do it."""
        if self.member:
            return self.member.train(
                self.config, Tools(writer, self.recorder, self.heartbeat, AlwaysFree())
            )
        if self.processes > 1:
            return Supervisor(self, self.processes).run(writer, slot)
        # Imported here, so that the seconds it takes are already watched.
        from workbench.training.worker.callbacks import Callbacks
        from workbench.training.worker.session import run_session

        callbacks = Callbacks(
            self.folder, writer, self.recorder, self.signals, self.heartbeat, slot
        )
        return outcome_of(lambda: run_session(self.folder, callbacks, self.config))
