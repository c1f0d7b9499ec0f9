"""The worker of a run that several processes train: starts them by torchrun and waits.

It keeps queue, lock, heartbeat and how the run ended; the first process writes the rest of the
run's folder while it trains. A paused run's processes end, so that their memory is free, and are
started again from the checkpoint.
"""

import json
import logging
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from workbench.errors import RunError
from workbench.runs.live.control import RequestReader, write_request
from workbench.runs.live.process import own_identity
from workbench.runs.live.slots import Places, threads_each
from workbench.runs.store.events import EventWriter
from workbench.training.worker.outcome import Outcome
from workbench.training.worker.process import SUPERVISOR
from workbench.training.worker.queueing import wait_to_train
from workbench.training.worker.reports import (
    Report,
    forget_reports,
    last_line,
    log_file,
    read_reports,
)

if TYPE_CHECKING:
    from workbench.training.worker.main import Worker

POLL = 0.2  # seconds
GRACE = 1.5  # seconds that the others have to end once one has failed
log = logging.getLogger("workbench")


class Supervisor:
    """Has ``processes`` train a worker's run."""

    def __init__(self, worker: "Worker", processes: int) -> None:
        self.worker, self.processes = worker, processes
        self.folder = worker.folder

    def run(self, writer: EventWriter, slot: Places) -> Outcome:
        """Train to the end, over any number of pauses."""
        worker, requests = self.worker, RequestReader(self.folder)
        while True:
            outcome = self._train()
            worker.recorder.reload()
            writer.reopen()  # the first process may have replaced the file
            if outcome.status != "paused":
                return outcome
            tell = partial(worker.tell, writer)
            if not wait_to_train(slot, requests, tell, worker.is_over, request="pause"):
                return Outcome("stopped")

    def _train(self) -> Outcome:
        """Start the processes and wait until all are gone."""
        forget_reports(self.folder)
        torchrun = subprocess.Popen(
            self._command(),
            stdin=subprocess.DEVNULL,
            env=os.environ | self._environment(),
            start_new_session=True,
        )
        self.worker.signals.before_leaving = partial(self._kill, torchrun)
        try:
            self._wait(torchrun)
        finally:
            self._kill(torchrun)
        return self._outcome(torchrun.returncode)

    def _command(self) -> list[str]:
        return [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone"),
            *("--nproc-per-node", str(self.processes), "--max-restarts", "0"),
            *("-m", "workbench.training.worker", str(self.folder.path)),
        ]

    def _environment(self) -> dict[str, str]:
        threads = threads_each(self.worker.config.train, self.processes)
        return {
            "OMP_NUM_THREADS": str(threads),  # torchrun would say 1
            "PYTHONSAFEPATH": "1",  # files in the working folder are not for import
            SUPERVISOR: json.dumps(own_identity().as_table()),
        }

    def _wait(self, torchrun: "subprocess.Popen[bytes]") -> None:
        """Until torchrun ends, or has had its time after a process has failed."""
        told, until = False, float("inf")
        while torchrun.poll() is None and time.monotonic() < until:
            if self.worker.signals.stop and not told:
                told = True
                with suppress(RunError):  # a full disk: the processes have the signal too
                    write_request(self.folder, "stop")
            ended = any(r.outcome and r.outcome.error for r in self._reports())
            if (ended or self.worker.heartbeat.lost) and until == float("inf"):
                until = time.monotonic() + GRACE
            time.sleep(POLL)

    def _reports(self) -> list[Report]:
        return read_reports(self.folder, self.processes)

    def _kill(self, torchrun: "subprocess.Popen[bytes]") -> None:
        """End what is left of them, at once."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(torchrun.pid, signal.SIGKILL)
        for report in self._reports():
            if report.process.is_alive():
                with suppress(ProcessLookupError):
                    os.kill(report.process.pid, signal.SIGKILL)
        torchrun.wait()

    def _outcome(self, status: int) -> Outcome:
        """How it ended, by what the processes say and which of them say nothing."""
        reports = self._reports()
        told = sorted((r for r in reports if r.outcome), key=lambda report: report.time)
        for report in told:
            if report.outcome and report.outcome.status == "failed":
                return self._failed(report)
        first = next((r.outcome for r in told if r.rank == 0 and r.outcome), None)
        if first and first.error is None:
            return first
        silent = [report for report in reports if not report.outcome]
        error = next((r.outcome.error for r in told if r.outcome and r.outcome.error), None)
        message = error["message"] if error else f"its processes ended ({_status(status)})"
        if silent and not error:
            who = silent[0]
            message = f"{self._name(who)} is gone"
        if silent and (line := last_line(log_file(self.folder, silent[0].rank))):
            message += f"; its log ends: {line}"
        return Outcome("crashed", {"kind": "LostProcess", "message": message})

    def _failed(self, report: Report) -> Outcome:
        assert report.outcome and report.outcome.error
        error = dict(report.outcome.error)
        if report.rank:
            error["message"] = f"{self._name(report)}: {error['message']}"
        return Outcome("failed", error)

    def _name(self, report: Report) -> str:
        host, pid = report.process.host, report.process.pid
        return f"process {report.rank} of {self.processes} ({host}, process id {pid})"


def _status(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"exit status {status}"
