"""Watches a run from the command line until it ends, and handles signals meanwhile."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import click

from workbench.cli.console.live_line import is_terminal
from workbench.cli.console.options import Start
from workbench.cli.console.output import print_json, print_made, silence
from workbench.cli.console.progress import Reporter
from workbench.errors import RunError
from workbench.formatting.text import duration, percent
from workbench.runs.history.follow import follow, why_ended
from workbench.runs.history.run_info import RunInfo, as_json, read_run
from workbench.runs.live.control import ask
from workbench.runs.store.folder import RunFolder

INTERRUPTED = 130


class Left(Exception):
    """Raised to leave the watched run, which goes on."""


class Signals:
    """The signals that the watcher got.

    The first ctrl-C (or SIGTERM) stops the run, the second leaves it at once. A lost terminal
    (SIGHUP) only leaves: the run goes on.
    """

    def __init__(self) -> None:
        self.stop = False
        self.told = False  # the worker has been asked

    @contextmanager
    def caught(self) -> Iterator["Signals"]:
        """Handle the signals inside the block; the handlers before are restored after it."""
        handlers = {signal.SIGINT: self._on_stop, signal.SIGTERM: self._on_stop}
        if hasattr(signal, "SIGHUP"):
            handlers[signal.SIGHUP] = self._on_hangup
        before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_stop(self, _number: int, _frame: FrameType | None) -> None:
        if self.stop:
            raise Left
        self.stop = True

    def _on_hangup(self, _number: int, _frame: FrameType | None) -> None:
        raise Left


def follow_or_leave(folder: RunFolder, start: Start, said: str, **more: Any) -> int:
    """Watch a run that was just started, or print its id and leave it training.

    ``said`` is printed to stderr first; ``more`` is added to the JSON document.
    """
    if said:
        click.echo(said, err=True)
    if start.follow:
        return watch(folder, json_document=start.as_json)
    print_made(folder.id, folder.path, as_json=start.as_json, **more)
    return 0


def watch(folder: RunFolder, *, json_document: bool) -> int:
    """Report a run on stderr until its worker has ended; then print the result.

    Returns the exit status: 0 if it finished, 1 if it failed or crashed, 130 if it was stopped
    or the watcher was interrupted. ``json_document`` prints the record at the end in any case.
    """
    reporter = Reporter(folder.id, live=is_terminal())
    signals = Signals()
    try:
        with signals.caught():
            _until_ended(folder, reporter, signals)
    except Left:
        _leave(folder, reporter, told=signals.told)
        if json_document:
            print_parting(as_json(read_run(folder)))
        return INTERRUPTED
    finally:
        reporter.close()
    run = read_run(folder)
    reporter.say(_outcome(run))
    if json_document:
        print_json(as_json(run))
    return {"finished": 0, "stopped": INTERRUPTED}.get(run.status.name, 1)


def print_parting(document: Any) -> None:
    """Print one JSON document; the terminal may be gone already."""
    try:
        print_json(document)
        sys.stdout.flush()
    except OSError:
        silence(sys.stdout)


def _until_ended(folder: RunFolder, reporter: Reporter, signals: Signals) -> None:
    for update in follow(folder):
        reporter.show(update)
        if signals.stop and not signals.told and update.status.is_live:
            signals.told = True
            try:
                ask(folder, "stop")
            except RunError:  # it ended this very moment: the next update says how
                continue
            reporter.say("stopping after this step; ctrl-C again leaves at once")


def _leave(folder: RunFolder, reporter: Reporter, *, told: bool) -> None:
    reporter.close()
    what = "has been told to stop" if told else f"goes on; `workbench stop {folder.id}` ends it"
    reporter.say(f"left; run {folder.id} {what}")


def _outcome(run: RunInfo) -> str:
    status = run.status.name
    if status == "finished":
        return (
            f"run {run.id} finished in {duration(run.value('run', 'seconds'))}: "
            f"test {percent(run.value('result', 'test_accuracy'))}, "
            f"best validation {percent(run.value('result', 'best_val_accuracy'))} "
            f"({run.folder.path})"
        )
    if status == "stopped":
        return f"run {run.id} was stopped; `workbench resume {run.id}` goes on from its checkpoint"
    return f"workbench: run {run.id} {status}: {why_ended(run)}"
