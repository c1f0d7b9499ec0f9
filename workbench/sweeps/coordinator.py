"""Trains the runs of a sweep, several at a time; can be killed and restarted at any moment.

It has no state of its own: the runs follow from the sweep, their statuses from their folders.
Workers live in sessions of their own, so that a new coordinator takes them over.
"""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from workbench.config import RunConfig, to_toml
from workbench.config.fitting import resolve
from workbench.config.toml import change_config
from workbench.errors import RequestError, RunError
from workbench.runs.history.follow import why_ended
from workbench.runs.history.run_info import read_run
from workbench.runs.history.state import RunState
from workbench.runs.live.control import ask
from workbench.runs.live.launch import reap, start_worker
from workbench.runs.live.sending import send_to
from workbench.runs.live.weights_source import resolve_weights
from workbench.runs.places.config import Place
from workbench.runs.store.events import EventTail
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.record import read_record
from workbench.sweeps.claims import Claims
from workbench.sweeps.config import SweepConfig
from workbench.sweeps.folder import Note, SweepFolder, begin, prepare_run, read_note, write_note
from workbench.sweeps.next_action import Observation, action, observe
from workbench.sweeps.plan import PlannedRun
from workbench.sweeps.source import Source

INTERVAL = 0.5  # seconds between two looks


@dataclass
class Live:
    """A run that is training, with the state from its events."""

    run: PlannedRun
    folder: RunFolder
    device: str
    tail: EventTail
    state: RunState
    mine: bool = True  # it takes one of this coordinator's places

    def update(self) -> None:
        """Read new events into ``state``."""
        events = self.tail.read(every=10)
        if self.tail.reset:
            self.state = RunState()
        self.state.fold(events)


@dataclass(frozen=True)
class Rules:
    """Which runs of a sweep are trained, and on which data."""

    data: Path | None = None  # the folder of data sets; None: the usual ones
    place: Place | None = None  # where they train; None: here
    retry_failed: bool = False
    share: bool = False  # the work, with coordinators of other machines that see this folder
    over_budget: Callable[[RunConfig], bool] = lambda _: False


@dataclass(frozen=True)
class Listener:
    """Callbacks of a coordinator; each may be left out."""

    say: Callable[[str], None] = lambda _: None  # with a line about something that happened
    show: Callable[["Coordinator"], None] = lambda _: None  # after every pass over the runs


class Coordinator:
    """Trains a sweep from its present state until all runs have ended."""

    def __init__(
        self,
        folder: SweepFolder,
        sweep: SweepConfig,
        source: Source,
        rules: Rules | None = None,
        listener: Listener | None = None,
    ) -> None:
        self.folder, self.sweep, self.source = folder, sweep, source
        self.rules, self.listener = rules or Rules(), listener or Listener()
        self.live: dict[str, Live] = {}
        self.finished: list[str] = []
        self.failed: dict[str, str] = {}  # id → why
        self.left: dict[str, str] = {}  # id → why it did not train to its end
        self.stopping = False
        self._exhausted = False
        self._over: set[str] = set()  # ids of the runs that have ended
        self._claims = Claims(folder.claims)
        self._claimed: dict[str, PlannedRun] = {}  # runs that another coordinator is about to start

    def work(self, wants_stop: Callable[[], bool] = lambda: False) -> None:
        """Train all runs; raises :class:`RequestError` if another coordinator does.

        With ``share`` other coordinators may: each starts what no other has claimed.
        """
        with nullcontext() if self.rules.share else self._alone():
            if not (self.rules.share and self.folder.is_coordinated):
                begin(self.folder, self.sweep)
            self._adopt()
            while True:
                self._collect()
                if not self.stopping and (wants_stop() or self.folder.stop.exists()):
                    self._stop_all()
                if not self.stopping:
                    self._fill()
                self.listener.show(self)
                if not (self.live or self._claimed) and (self.stopping or self._exhausted):
                    return
                time.sleep(INTERVAL)
                reap()

    @property
    def done(self) -> int:
        """The number of runs that have ended."""
        return len(self.finished) + len(self.failed) + len(self.left)

    def _adopt(self) -> None:
        """Take over live runs of an earlier coordinator; watch those of others that share."""
        for run in self.source.known():
            folder = RunFolder(self.folder.runs_dir / run.id)
            if observe(folder).live:
                self._watch(run, folder, mine=not self.rules.share)

    def _collect(self) -> None:
        """Handle runs that have ended; restart those that may be."""
        for live in list(self.live.values()):
            seen = observe(live.folder)
            live.update()
            if not seen.live:
                del self.live[live.run.id]
                self._act(live.run, seen, watched=True)
            elif live.mine and self.source.is_hopeless(live.run, live.state):
                self.listener.say(f"run {live.run.id} is ended early: the others do better")
                with suppress(RunError):  # it ended this very moment: the next look says how
                    ask(live.folder, "stop")

        for run in list(self._claimed.values()):
            seen = observe(RunFolder(self.folder.runs_dir / run.id))
            if seen.live or self._free_device():
                del self._claimed[run.id]
                self._act(run, seen, watched=False, device=self._free_device() or "")

    def _fill(self) -> None:
        """Start the next runs on free places."""
        while not self._exhausted and (device := self._free_device()) is not None:
            run = self.source.next()
            if run is None:
                self._exhausted = True
            elif not any(run.id in known for known in (self.live, self._claimed, self._over)):
                seen = observe(RunFolder(self.folder.runs_dir / run.id))
                self._act(run, seen, watched=False, device=device)

    def _act(self, run: PlannedRun, seen: Observation, *, watched: bool, device: str = "") -> None:
        folder = RunFolder(self.folder.runs_dir / run.id)
        todo = action(seen, watched=watched, retry_failed=self.rules.retry_failed and not watched)
        if self.source.gave_up(run) and todo in ("left", "resume"):
            return self._end(run, self.left, "ended early: the others did better")
        if self.stopping and todo in ("start", "resume", "retry"):
            return self._end(run, self.left, seen.reason or "stopped")
        match todo:
            case "start" | "resume" | "retry" if not self._claims.take(folder):
                self._claimed[run.id] = run
            case "start" if reason := self._no_budget(run):
                self.left[run.id] = reason
                self.listener.say(f"{run.variant}: skipped, {reason}")
            case "start":
                self._start(run, folder, device)
            case "resume" | "retry":
                self._restart(run, folder, seen, count=todo == "retry")
            case "wait":
                self._watch(run, folder, mine=not self.rules.share)
            case "done":
                self.finished.append(run.id)
                self._tell(run)
            case "left":
                self._end(run, self.left, "stopped")
            case "failed":
                self._end(run, self.failed, why_ended(read_run(folder)))
        return None

    def _start(self, run: PlannedRun, folder: RunFolder, device: str) -> None:
        if not folder.is_run:
            config = resolve(change_config(run.config, self._place(run, device)), self.rules.data)
            config = resolve_weights(config, self.folder.runs_dir)
            note = Note(self.folder.name, run.variant, run.seed, 0, run.changes)
            prepare_run(self.folder.runs_dir, run.id, to_toml(config), note)
        self._start_worker(folder)
        self.listener.say(f"run {run.id} started ({run.variant})")
        self._watch(run, folder)

    def _start_worker(self, folder: RunFolder) -> None:
        if self.rules.place is None:
            start_worker(folder)
        else:
            send_to(folder, self.rules.place)

    def _place(self, run: PlannedRun, device: str) -> dict[str, Any]:
        """The keys for a run's device and threads."""
        keys: dict[str, Any] = {} if device == "auto" else {"train.device": device}
        if self.rules.place:  # each job has cores of its own
            return keys
        together = self.sweep.jobs * len(self.sweep.devices)
        if together > 1 and not run.config.train.threads:
            keys["train.threads"] = max(1, (os.cpu_count() or 1) // together)
        return keys

    def _restart(
        self, run: PlannedRun, folder: RunFolder, seen: Observation, *, count: bool
    ) -> None:
        why = seen.reason or (why_ended(read_run(folder)) if count else seen.status)
        if count:
            note = read_note(folder) or Note(self.folder.name, run.variant, run.seed)
            write_note(folder, replace(note, retries=note.retries + 1))
        self._start_worker(folder)
        self.listener.say(f"run {run.id} goes on from its last checkpoint ({why})")
        self._watch(run, folder)

    def _watch(self, run: PlannedRun, folder: RunFolder, *, mine: bool = True) -> None:
        device = folder.read_config().train.device
        live = Live(run, folder, device, EventTail(folder.metrics), RunState(), mine)
        self.live[run.id] = live

    def _end(self, run: PlannedRun, group: dict[str, str], why: str) -> None:
        group[run.id] = why
        self.listener.say(f"run {run.id}: {why}")
        self._tell(run)

    def _tell(self, run: PlannedRun) -> None:
        self._over.add(run.id)
        folder = RunFolder(self.folder.runs_dir / run.id)
        self.source.ended(run, read_run(folder))

    def _free_device(self) -> str | None:
        """The device with the most free places; None where there is none."""
        busy = Counter(self._slot(live.device) for live in self.live.values() if live.mine)
        device = min(self.sweep.devices, key=lambda name: busy[name])
        return device if busy[device] < self.sweep.jobs else None

    def _slot(self, device: str) -> str:
        return device if device in self.sweep.devices else self.sweep.devices[0]

    def _no_budget(self, run: PlannedRun) -> str:
        """Why a run is over the budget; "" if it is not."""
        budget = self.sweep.budget
        if budget.hours and self._hours() >= budget.hours:
            return f"the budget of {budget.hours:g} hours is used up"
        if budget.params and self.rules.over_budget(run.config):
            return f"its network has more than {budget.params:,} parameters"
        return ""

    def _hours(self) -> float:
        """Hours of training of all runs so far, by their records."""
        folders = [RunFolder(self.folder.runs_dir / run.id) for run in self.source.known()]
        records = [read_record(folder.record) for folder in folders]
        return sum(float(record.get("run", {}).get("seconds", 0)) for record in records) / 3600

    def _stop_all(self) -> None:
        self.stopping = True
        self._claimed.clear()
        self.live = {name: live for name, live in self.live.items() if live.mine}
        self.listener.say(f"stopping; {len(self.live)} runs are asked to end after their step")
        for live in self.live.values():
            with suppress(RunError):  # it ended this very moment
                ask(live.folder, "stop")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        try:
            self.folder.path.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder.lock, timeout=0):
                yield
        except Timeout:
            raise RequestError(
                f"sweep {self.folder.name} is coordinated by another process already"
            ) from None
        except OSError as error:
            raise RequestError(f"{self.folder.path}: {error.strerror or error}") from None
