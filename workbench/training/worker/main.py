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
import traceback
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from workbench.config import RunConfig
from workbench.errors import WorkbenchError
from workbench.runs.live.control import RequestReader
from workbench.runs.live.process import own_identity
from workbench.runs.live.slots import Slot, queue_for
from workbench.runs.live.status import launched_process
from workbench.runs.store.events import EventWriter
from workbench.runs.store.files import refuse_link
from workbench.runs.store.folder import RunFolder
from workbench.training.worker.heartbeat import Heartbeat
from workbench.training.worker.queueing import wait_to_train
from workbench.training.worker.recorder import Recorder
from workbench.training.worker.signals import Signals

STOPPED, FAILED = 0, 1

log = logging.getLogger("workbench")


def main(arguments: list[str] | None = None) -> int:
    """Train the run of the given folder; returns the process's exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if len(arguments) != 1:
        print("usage: python -m workbench.training.worker RUN_DIR", file=sys.stderr)
        return 2
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s"
    )
    folder = RunFolder(Path(arguments[0]).absolute())
    try:
        # Where the folder is shared between machines the lock is too; it goes with the process.
        for path in (folder.lock, folder.checkpoints):
            refuse_link(path)
        with FileLock(folder.lock, timeout=0):
            return work(folder)
    except Timeout:
        log.error("%s has a worker already", folder.id)
        return FAILED
    except (WorkbenchError, OSError) as error:
        log.error("%s", error)
        return FAILED


def work(folder: RunFolder) -> int:
    """Set up record, signals and heartbeat, then train; returns the exit status."""
    signals = Signals()
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
            return Worker(folder, config, recorder, signals, heartbeat).run()
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

    def run(self) -> int:
        """Wait for a place, train, and record how it ended; returns the exit status."""
        train = self.config.train
        writer = EventWriter(self.folder.metrics)
        slot = Slot(queue_for(train.device, train.threads), self.folder.path)
        status, error = "stopped", None
        if self._queue(slot, writer):
            writer.add_now("phase", message="loading torch")
            status, error = self._train(writer, slot)
        slot.release()
        self.recorder.write_last(status, error)
        try:
            writer.add_now("status", status=status, error=error["message"] if error else "")
            writer.close()
        except OSError as failure:  # the record has said it
            log.error("the last event could not be written: %s", failure)
        return FAILED if status == "failed" else STOPPED

    def _queue(self, slot: Slot, writer: EventWriter) -> bool:
        """Wait for a place on the device; False if asked to stop before there was one."""

        def tell(status: str, message: str = "") -> None:
            self.recorder.status(status)
            writer.add_now("status", status=status, message=message)

        return wait_to_train(slot, RequestReader(self.folder), tell, self._is_over)

    def _is_over(self) -> bool:
        return self.signals.stop or self.heartbeat.lost

    def _train(self, writer: EventWriter, slot: Slot) -> tuple[str, dict[str, str] | None]:
        """Train; returns the final status, and kind and message of the error if it failed."""
        # Imported here, so that the seconds it takes are already watched.
        from workbench.training.loop.trainer import StopTraining
        from workbench.training.worker.callbacks import Callbacks
        from workbench.training.worker.session import run_session

        callbacks = Callbacks(
            self.folder, writer, self.recorder, self.signals, self.heartbeat, slot
        )
        try:
            run_session(self.folder, callbacks, self.config)
        except StopTraining:
            return "stopped", None
        except WorkbenchError as failure:
            log.error("%s", failure)
            return "failed", {"kind": type(failure).__name__, "message": str(failure)}
        except OSError as failure:
            log.error("%s", traceback.format_exc())
            where = f"{failure.filename}: " if failure.filename else ""
            message = f"{where}{failure.strerror or failure}"
            return "failed", {"kind": type(failure).__name__, "message": message}
        except Exception as failure:  # noqa: BLE001 (the record must say what ended the run)
            log.error("%s", traceback.format_exc())
            return "failed", _unexpected(failure)
        return "finished", None


def _unexpected(failure: Exception) -> dict[str, str]:
    lines = traceback.format_exception_only(failure)
    return {
        "kind": type(failure).__name__,
        "message": lines[-1].strip().splitlines()[0][:1000],
        "traceback": "".join(traceback.format_exception(failure))[-8000:],
    }
