"""The worker's callbacks: write events and checkpoints, and act on requests, while it trains.

The loop calls :meth:`Callbacks.step_done` after every step. It keeps the losses on their
device and reads the clock; everything that costs more happens every ``POLL`` seconds.
"""

import logging
import time
from typing import Any

from workbench.data import Split
from workbench.errors import RunError
from workbench.formatting.text import duration
from workbench.runs.live.control import RequestReader
from workbench.runs.live.slots import Places
from workbench.runs.store.events import EventWriter
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.gallery import write_gallery
from workbench.tasks import Losses
from workbench.training.checkpoints import snapshots
from workbench.training.checkpoints.writer import CheckpointWriter
from workbench.training.distributed.world import ALONE, World
from workbench.training.loop import nonfinite
from workbench.training.loop.trainer import StopTraining, Trainer
from workbench.training.worker.heartbeat import Heartbeat, NoHeartbeat
from workbench.training.worker.monitor import Monitor
from workbench.training.worker.queueing import wait_to_train
from workbench.training.worker.recorder import Recorder
from workbench.training.worker.rhythm import Rhythm
from workbench.training.worker.sample_images import gallery
from workbench.training.worker.signals import Signals
from workbench.training.worker.silent import SilentCheckpoints
from workbench.training.worker.step_log import StepLog

POLL = 0.25  # seconds between two readings of requests, and writings of step losses
REPORT = 1.0  # seconds between two events with throughput and load
SHOW = 0.5  # seconds at least between two epochs whose images and record are written
PATIENCE = 5.0  # seconds to wait at the end for room on a full disk
MOST_HELD = 64 << 20  # bytes of events held back while the disk is full

log = logging.getLogger(__name__)


class Callbacks:
    """What a worker does between steps: the trainer's callbacks."""

    def __init__(
        self,
        folder: RunFolder,
        writer: EventWriter,
        recorder: Recorder,
        signals: Signals,
        heartbeat: Heartbeat | NoHeartbeat,
        slot: Places | None,
    ) -> None:
        """Without a ``slot`` a paused run's processes end, and are started again later."""
        self.folder, self.writer, self.recorder = folder, writer, recorder
        self.signals, self.heartbeat, self.slot = signals, heartbeat, slot
        self.world = ALONE
        self.monitor: Monitor | None = None  # from the moment the device is known
        self.requests = RequestReader(folder)
        self.checkpoint_writer = CheckpointWriter(folder.checkpoints, writer, self.notice)
        self.steps = StepLog(writer)
        self._next_poll = self._next_throughput = self._next_show = 0.0
        self._last_checkpoint = time.monotonic()
        # clock and step of the last throughput event
        self._throughput_from: tuple[float, int] | None = None
        self._disk_full = False
        self._suspended = 0.0  # seconds of suspension that a notice has told of
        self._pending: str | None = None  # a request that was read and waits for the next poll
        self.rhythm = Rhythm(POLL)  # of several processes

    def join(self, world: World) -> None:
        """Be the callbacks of one of several processes: all poll after the same steps."""
        self.world = self.steps.world = world
        if not world.leads:
            self.checkpoint_writer = SilentCheckpoints()

    # Called by the trainer.

    def step_done(self, trainer: Trainer, losses: Losses, lr: float) -> None:
        """Keep the step's losses (on their device); poll if it is time."""
        self.steps.add(trainer.step, trainer.epoch, lr, losses)
        if self.world.size > 1:
            if self.rhythm.is_due(trainer.step):
                self._poll(trainer)
        elif time.monotonic() >= self._next_poll or self.signals.stop:
            self._poll(trainer)

    def epoch_done(self, trainer: Trainer, row: dict[str, Any], best: bool) -> None:
        """Write the epoch's metrics and a checkpoint.

        Sample images and record are written at most every ``SHOW`` seconds: with epochs of a
        tenth of a second they would take a tenth of the time.
        """
        self._write_steps(trainer)
        now = time.monotonic()
        shown = now >= self._next_show or trainer.step == trainer.steps
        if shown:
            self._next_show = now + SHOW
            self.show(trainer, trainer.validation, "validation")
        self.event("epoch", **row)
        self.recorder.note(
            "result",
            best_val_accuracy=trainer.best_accuracy,
            best_epoch=trainer.best_epoch,
            final_val_accuracy=row["val_accuracy"],
            final_val_loss=row["val_loss"],
            final_train_loss=row["train_loss"],
            seconds_per_epoch=row["seconds"],
            images_per_second=row["images_per_second"],
            epochs=trainer.epochs_done,
            steps=trainer.step,
        )
        self.recorder.note("run", seconds=round(trainer.clock.seconds, 3))
        self.checkpoint(trainer, best=best)
        if shown:
            self._write_record()

    def between(self) -> None:
        """Raise :class:`StopTraining` if asked to stop during an evaluation.

        Several processes end after it: one that left it would leave the others waiting.
        """
        if self.world.size > 1:
            return
        if self.signals.stop:
            raise StopTraining
        if time.monotonic() >= self._next_poll:
            self._next_poll = time.monotonic() + POLL
            if self._read_request() == "stop":
                self.signals.stop = True
                raise StopTraining

    # Called by the session.

    def event(self, kind: str, **values: Any) -> None:
        """Write an event to ``metrics.jsonl`` at once."""
        self.writer.add({"event": kind, "time": round(time.time(), 3), **values})
        self.flush()

    def notice(self, message: str) -> None:
        """Log a message for the person and write it as a ``notice`` event."""
        log.warning(message)
        self.event("notice", message=message)

    def phase(self, message: str, done: int = 0, total: int = 0) -> None:
        """Write a ``phase`` event: what is being waited for, every ``POLL`` seconds at most.

        Raises :class:`StopTraining` if asked to stop.
        """
        if done and done < total and time.monotonic() < self._next_poll:
            return
        self._next_poll = time.monotonic() + POLL
        self.event("phase", message=message, done=done, total=total)
        if self.signals.stop or self._read_request() == "stop":
            raise StopTraining

    def show(self, trainer: Trainer, split: Split, name: str) -> None:
        """Write the sample images of a split with the network's current predictions."""
        if not self.world.leads:
            return
        try:
            write_gallery(self.folder.gallery(name), gallery(trainer, split, name))
        except OSError as error:
            log.warning("the gallery could not be written: %s", error)

    def checkpoint(self, trainer: Trainer, *, best: bool = False, asked: bool = False) -> None:
        """Take a snapshot and write it in the background.

        Raises RunError where a weight is not finite. Skipped while the disk is full.
        """
        self._write_steps(trainer)
        if not self.world.leads:
            trainer.meter.state()  # which the first process collects
            return
        self.checkpoint_writer.wait()
        if self.writer.held_bytes and self.world.size == 1:
            return  # the disk is full: what the checkpoint would count on is not written
        snapshot = snapshots.take(trainer)
        if name := nonfinite.nonfinite_weights(snapshot.weights):
            # The checkpoint before is what a resume, or a child, can go on from.
            raise RunError(f"{name} is not finite after step {trainer.step}; {nonfinite.ADVICE}")
        # Before the length is noted: a run that goes on from here still tells of it.
        self.event("checkpoint", step=trainer.step, best=best, asked=asked)
        snapshot.numbers["metrics_bytes"] = self.writer.length
        self.checkpoint_writer.keep(snapshot, best=best)
        self._last_checkpoint = time.monotonic()

    def flush(self) -> None:
        """Write the buffered events; a full disk keeps them in memory and is logged once."""
        try:
            self.writer.flush()
        except OSError as error:
            if not self._disk_full:
                log.warning("metrics are held back: %s", error)
            self._disk_full = True
            if self.writer.held_bytes > MOST_HELD:
                raise RunError(f"{self.folder.metrics}: cannot be written: {error}") from None
        else:
            self._disk_full = False

    def flush_at_last(self) -> None:
        """Write the events that a full disk kept in memory; raises RunError if they do not fit."""
        end = time.monotonic() + PATIENCE
        self.flush()
        while self.writer.held_bytes:
            if time.monotonic() > end:
                raise RunError(
                    f"{self.folder.metrics}: {self.writer.held_bytes:,} bytes of metrics could not "
                    "be written, the disk is full; make room, then resume the run"
                )
            time.sleep(0.5)
            self.flush()

    def keep_final(self, trainer: Trainer) -> None:
        """Wait until the final weights are on disk; raises RunError if they cannot be written."""
        end = time.monotonic() + PATIENCE
        self.checkpoint_writer.wait()
        while self.world.leads and self.checkpoint_writer.saved_step != trainer.step:
            if time.monotonic() > end or self.world.size > 1:
                raise RunError(
                    f"{self.folder.checkpoints}: the final weights could not be written; "
                    "make room on the disk, then resume the run"
                )
            time.sleep(0.5)
            self.checkpoint(trainer)
            self.checkpoint_writer.wait()

    # Between steps.

    def _read_request(self) -> str | None:
        """The newest request, or one read earlier where it could not be acted on."""
        if not self.world.leads:
            return None
        self._pending = self.requests.read() or self._pending
        return self._pending

    def _poll(self, trainer: Trainer) -> None:
        """Write what was kept and act on requests; raises :class:`StopTraining` for a stop."""
        self._next_poll = time.monotonic() + POLL
        if self.heartbeat.lost:
            raise RunError(f"{self.folder.path}: the run's folder is gone; training ends here")
        self._write_steps(trainer)
        words = self.world.gather((self.signals.stop, self._reading(trainer)))
        action, self.rhythm.next_step = self.world.tell(lambda: self._decide(trainer, words))
        if action == "pause":
            action = self._pause(trainer)
        if action == "stop":
            self.signals.stop = True
            raise StopTraining
        if action in ("checkpoint", "checkpoint is due"):
            self.checkpoint(trainer, asked=action == "checkpoint")

    def _decide(
        self, trainer: Trainer, words: list[tuple[bool, dict[str, Any]]]
    ) -> tuple[str | None, int]:
        """What all processes do now, and after which step they meet again.

        ``words`` has of each whether a signal asked it to stop, and what it measured.
        """
        self._report_throughput(trainer, [measured for _, measured in words])
        self._report_suspension()
        request, self._pending = self._read_request(), None
        if any(stop for stop, _ in words):
            request = "stop"
        if request in (None, "run") and self._checkpoint_is_due(trainer):
            request = "checkpoint is due"
        return request, self.rhythm.plan(trainer.step)

    def _reading(self, trainer: Trainer) -> dict[str, Any]:
        """What this process measures of its machine; of one alone only where it is reported."""
        if self.world.size == 1 and time.monotonic() < self._next_throughput:
            return {}
        self.monitor = self.monitor or Monitor(trainer.compute)
        return self.monitor.read() | (self.world.take_waited() if self.world.size > 1 else {})

    def _checkpoint_is_due(self, trainer: Trainer) -> bool:
        age = time.monotonic() - self._last_checkpoint
        return (
            age >= trainer.config.train.checkpoint_minutes * 60 and not self.checkpoint_writer.busy
        )

    def _write_steps(self, trainer: Trainer) -> None:
        """Write the losses of the steps since the last call; raises RunError for one with NaN."""
        bad = self.steps.report()
        self.flush()
        if bad is not None and trainer.config.train.nonfinite == "stop":
            raise trainer.explain_nonfinite(bad)

    def _report_throughput(self, trainer: Trainer, measured: list[dict[str, Any]]) -> None:
        """Write throughput and load; of several processes what each measured as well."""
        now = time.monotonic()
        if now < self._next_throughput:
            return
        self._next_throughput = now + REPORT
        seconds = trainer.clock.seconds
        speed = None
        if self._throughput_from and seconds > self._throughput_from[0]:
            images = (trainer.step - self._throughput_from[1]) * trainer.batches.batch_size
            speed = round(images / (seconds - self._throughput_from[0]), 1)
        self._throughput_from = (seconds, trainer.step)
        each = {"processes": measured} if self.world.size > 1 else {}
        self.event(
            "pace", images_per_second=speed, seconds=round(seconds, 3), **measured[0], **each
        )

    def _pause(self, trainer: Trainer) -> str | None:
        """Wait until asked to go on; returns "stop" if asked to stop meanwhile."""
        began = trainer.clock.seconds
        self.checkpoint(trainer)
        slot = self.slot
        if slot is None:
            raise StopTraining("paused")
        goes_on = self.world.tell(
            lambda: wait_to_train(
                slot, self.requests, self._set_status, self._is_over, request="pause"
            )
        )
        trainer.clock.forget(trainer.clock.seconds - began)
        self._throughput_from = None
        return None if goes_on else "stop"

    def _report_suspension(self) -> None:
        suspended = self.signals.awake.suspended
        if suspended > self._suspended:
            seconds = duration(suspended - self._suspended)
            self.notice(f"the worker was suspended for {seconds}, which is not counted as training")
            self._suspended = suspended

    def _set_status(self, status: str, message: str = "") -> None:
        self.recorder.status(status)
        self.event("status", status=status, message=message)

    def _is_over(self) -> bool:
        return self.signals.stop or self.heartbeat.lost

    def _write_record(self) -> None:
        try:
            self.recorder.write()
        except OSError as error:
            log.warning("the record could not be written: %s", error)
