"""What a batch job runs on its first node: ``python -m workbench.runs.live.job RUN_DIR …``.

It is the run's launcher there: it starts the worker and waits for it. Told to end (SIGTERM, some
minutes before the time is over, or before others need the node), it asks the worker for a stop,
which writes a checkpoint, and then has the scheduler start the job anew, which goes on from there.
A job that was cancelled stays stopped.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType

import tomli_w

from workbench.errors import RequestError, WorkbenchError
from workbench.runs.live import line
from workbench.runs.live.launch import join_line
from workbench.runs.live.process import ProcessIdentity
from workbench.runs.live.worker_command import torchrun_command, worker_command
from workbench.runs.places.job import Scheduler, Start
from workbench.runs.places.placed import Begun
from workbench.runs.places.schedulers import SCHEDULERS
from workbench.runs.store.atomic import write_atomically
from workbench.runs.store.files import tables_or_empty
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.record import read_record

POLL = 0.2  # seconds
FAILED = 1
TERMINATED = 128 + signal.SIGTERM  # ended by the scheduler, not finished
BY = "scheduler"  # who asked, in control.toml: a person's request has no such key


def main(arguments: list[str] | None = None) -> int:
    """Train the run of a folder in this job; returns the exit status of the job's script."""
    parser = argparse.ArgumentParser(prog="python -m workbench.runs.live.job")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--place", required=True)
    parser.add_argument("--kind", choices=list(SCHEDULERS), required=True)
    parser.add_argument("--requeue", action="store_true")
    parser.add_argument("--warning", type=int, default=0)  # seconds before the end of its time
    parser.add_argument("--devices", type=int, default=0)
    given = parser.parse_args(arguments)
    try:
        start = SCHEDULERS[given.kind].here()
        if start is None:
            raise RequestError(f"this is no job of {given.kind}")
        os.environ[line.OF_JOB] = start.job
        wanted = Wanted(given.requeue, given.warning, given.devices)
        begun = Begun(given.place, given.kind, start.job, start.restarts, start.nodes)
        return Job(RunFolder(given.folder.absolute()), start, begun, wanted).run()
    except (WorkbenchError, OSError) as error:
        print(f"workbench: {error}", file=sys.stderr)
        return error.exit_status if isinstance(error, WorkbenchError) else FAILED


@dataclass(frozen=True)
class Wanted:
    """What the launcher wants of a job."""

    requeue: bool = False  # go back to the queue, where it has to end early
    warning: int = 0  # seconds before its time is over at which it ends by itself; 0: never
    processes: int = 0  # in place of ``train.devices``


@dataclass
class Job:
    """One start of a job: the worker it starts, and what it is told meanwhile."""

    folder: RunFolder
    start: Start
    begun: Begun  # as it is written to ``launch.toml``
    wanted: Wanted
    worker: ProcessIdentity | None = field(default=None, init=False)  # where it is a child of this
    told: bool = field(default=False, init=False)  # to end, by the scheduler
    asked: str = field(default="", init=False)  # what the worker was asked before that

    def run(self) -> int:
        """Start the worker and wait; returns the exit status of the job's script."""
        signal.signal(signal.SIGTERM, self._hear)
        self._forget_own_request()
        worker = self._start()
        due = self._due()
        while worker.poll() is None:
            if time.monotonic() > due:
                due = self._due()
                self.told |= time.monotonic() > due
            if self.told:
                self._ask_to_stop()
            time.sleep(POLL)
        return self._end(worker.returncode)

    def _due(self) -> float:
        """When it has to end, by the monotonic clock: SLURM gives a job only one warning in all.

        Asked for again when it is due, as somebody may have given it more time.
        """
        warning = self.wanted.warning
        left = self._scheduler.seconds_left(self.start.job) if warning else None
        return float("inf") if left is None else time.monotonic() + left - warning

    @property
    def _scheduler(self) -> Scheduler:
        return SCHEDULERS[self.begun.kind]

    def _hear(self, number: int, frame: FrameType | None) -> None:
        self.told = True

    def _start(self) -> "subprocess.Popen[bytes]":
        nodes = len(self.start.nodes)
        command = worker_command(self.folder, self.wanted.processes)
        if nodes > 1:
            command = self._scheduler.on_each_node(nodes)
            command += torchrun_command(self.folder, self.start)
        before = read_record(self.folder.record).get("run", {})
        # In the job's own session, so that whatever ends the job ends the worker.
        worker = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONSAFEPATH": "1"},
        )
        if nodes > 1:  # the worker is on the first of them, started by torchrun, not by this
            self._note(replace(self.begun, known=False))
            self._await_record(worker, before)
            return worker
        self.worker = ProcessIdentity.of(worker.pid)
        self._note(self.begun)
        join_line(self.folder, self.worker)
        return worker

    def _await_record(self, worker: "subprocess.Popen[bytes]", before: dict[str, object]) -> None:
        """Until the record is of this start's worker: then its status is the run's."""
        while worker.poll() is None and not self.told:
            run = read_record(self.folder.record).get("run", {})
            if run.get("workers") != before.get("workers"):
                break
            time.sleep(POLL)
        self._note(replace(self.begun, known=True))

    def _note(self, begun: Begun) -> None:
        """Write ``launch.toml``: the worker, where it is this process's child, and the job."""
        self.begun = begun
        worker = self.worker.as_table() if self.worker else {}
        table = {**worker, "job": begun.as_table()}
        write_atomically(self.folder.launch, tomli_w.dumps(table).encode(), durable=False)

    def _ask_to_stop(self) -> None:
        """Ask the worker once, unless a person has asked it to stop already."""
        control = tables_or_empty(self.folder.control)
        if control.get("by") == BY or control.get("wish") == "stop":
            return
        self.asked = str(control.get("wish", ""))
        if self.wanted.requeue:
            self._note(replace(self.begun, again=True))
        self._write_request("stop")

    def _write_request(self, wish: str) -> None:
        table = {"wish": wish, "time": time.time(), "pid": os.getpid(), "by": BY}
        write_atomically(self.folder.control, tomli_w.dumps(table).encode(), durable=False)

    def _forget_own_request(self) -> None:
        """Delete what an earlier start of the job asked the worker; a person's request stays."""
        control = tables_or_empty(self.folder.control)
        if control.get("by") == BY and control.get("wish") == "stop":
            self.folder.control.unlink(missing_ok=True)

    def _end(self, status: int) -> int:
        """Go back to the queue, if the job was told to end; else what the worker came to."""
        outcome = read_record(self.folder.record).get("run", {}).get("status")
        control = tables_or_empty(self.folder.control)
        by_person = control.get("wish") == "stop" and control.get("by") != BY
        if status:
            return status if status > 0 else 128 - status
        if outcome != "stopped" or not self.told or by_person:
            self._stay()
            return status
        if not self.wanted.requeue or not self._go_back():
            self._stay()
            return TERMINATED
        return status

    def _go_back(self) -> bool:
        """Have the scheduler start the job again; False where it was cancelled, or refuses."""
        ending = self._scheduler.ending(self.start)
        if ending == "back":
            return True
        if ending == "cancelled":
            print(f"workbench: job {self.start.job} was cancelled", file=sys.stderr)
            return False
        self._forget_own_request()
        if self.asked == "pause":
            self._write_request("pause")  # so that it is paused there too
        try:
            self._scheduler.requeue(self.start.job)
        except WorkbenchError as error:
            print(f"workbench: job {self.start.job}: {error}", file=sys.stderr)
            return False
        return True

    def _stay(self) -> None:
        """Say that this is the job's end."""
        self._forget_own_request()
        if self.begun.again:
            with suppress(OSError):
                self._note(replace(self.begun, again=False))


if __name__ == "__main__":
    sys.exit(main())
