"""Trains one run from its folder: data, network, checkpoint, training, test, record."""

import json
import logging
from dataclasses import asdict
from functools import partial

import torch

from workbench import analysis
from workbench.config import RunConfig
from workbench.data import DataSet, load_data, what_is_missing
from workbench.errors import RunError
from workbench.models.pretrained.weights import Loaded
from workbench.models.python import takes_targets
from workbench.runs.store.atomic import write_atomically
from workbench.runs.store.events import keep_prefix
from workbench.runs.store.folder import RunFolder
from workbench.tasks import build_task
from workbench.tasks.own_losses import OwnLosses
from workbench.training.checkpoints import files as checkpoint
from workbench.training.checkpoints import snapshots
from workbench.training.compiled import compile as compiling
from workbench.training.distributed import together
from workbench.training.distributed.batch_norm import synchronised
from workbench.training.distributed.world import ALONE, World
from workbench.training.loop import devices, memory
from workbench.training.loop.assembly import assemble, fresh_model, prepare
from workbench.training.loop.recompute import find_blocks
from workbench.training.loop.trainer import Clock, Setup, StopTraining, Trainer, metric_name
from workbench.training.worker.callbacks import Callbacks
from workbench.training.worker.recorder import compiled_before, environment
from workbench.training.worker.sources import keep_sources

log = logging.getLogger(__name__)


def run_session(
    folder: RunFolder, callbacks: Callbacks, config: RunConfig, world: World = ALONE
) -> None:
    """Train the run of ``folder`` to its end, from its newest checkpoint if it has one.

    Of several processes all of ``world`` call it; the first one writes the folder.

    Raises :class:`workbench.training.loop.trainer.StopTraining` if asked to stop, after its
    checkpoint was written, and RunError for what ends the run.
    """
    callbacks.join(world)
    compute = devices.choose(config.train, world.local_rank)
    callbacks.phase("reading the data")
    data = together.load(world, lambda: load_data(config, callbacks.phase))
    for lack in what_is_missing(config, data):
        callbacks.notice(lack)
    callbacks.phase("building the network")
    model = fresh_model(config, compute, partial(_note_weights, callbacks))
    task = build_task(config, data, compute.device)
    if takes_targets(model):
        task = OwnLosses(task)
    if config.train.sync_batch_norm:
        model = synchronised(model, world)
    trainer = assemble(Setup(config, model, task, compute, world), data, callbacks)
    if config.train.checkpoint_activations and not any(find_blocks(model)):
        callbacks.notice("train.checkpoint_activations: this network has no blocks to do it with")
    trainer.clock = Clock(now=callbacks.signals.awake.now)
    _record_facts(folder, callbacks, trainer, data)
    resumed_from = _restore_checkpoint(callbacks, trainer)
    if not resumed_from:
        prepare(trainer, callbacks.phase)
    if config.train.auto_batch and not trainer.step:
        callbacks.phase("finding the batch that fits")
        trainer.micro_batch = memory.largest_part(trainer, trainer.batches.batch_size) or 1
    _compile(callbacks, trainer)
    together.check_weights(world, trainer.model)
    _write_start_event(callbacks, trainer, data, resumed_from)
    try:
        _train(trainer)
    except BaseException as reason:
        # Keep the steps since the last checkpoint, whatever interrupted them; of several
        # processes only where all stop, since a checkpoint is of all of them.
        if world.size > 1 and not isinstance(reason, StopTraining):
            raise
        if trainer.step != resumed_from and not callbacks.heartbeat.lost:
            _save_interrupted(callbacks, trainer)
        raise
    if trainer.ended_early:
        callbacks.notice(trainer.ended_early)
        callbacks.recorder.note("run", ended_early=trainer.ended_early)
    callbacks.phase("testing")
    _test(callbacks, trainer, data)
    callbacks.flush_at_last()
    callbacks.keep_final(trainer)


def _note_weights(callbacks: Callbacks, loaded: Loaded) -> None:
    """Tell and record where the weights came from, and what of them did not fit."""
    callbacks.notice(f"weights: {loaded.words}")
    before = callbacks.recorder.record.get("weights", {}).get("sha256")
    if before and before != loaded.sha256:
        callbacks.notice("model.weights: the file has changed since this run began")
    callbacks.recorder.note("weights", **asdict(loaded))


def _compile(callbacks: Callbacks, trainer: Trainer) -> None:
    """As the run did before, or the run that it repeats; else as its configuration asks."""
    record = callbacks.recorder.record
    asked = compiled_before(callbacks.folder, record) or trainer.config.train.compile
    if trainer.parts:  # each process would choose for itself, by its own clock
        if asked in ("default", "graphs"):
            callbacks.notice(f"compile: {asked} is for whole batches; training uncompiled")
        callbacks.recorder.note("environment", compile="off")
        return
    macs = record["result"]["macs"] or 0
    if notice := compiling.compile_training(trainer, asked, macs, callbacks.phase):
        callbacks.notice(notice)
    callbacks.recorder.note("environment", compile=trainer.compiled)
    if trainer.timed:
        callbacks.recorder.note(
            "environment",
            step_ms=round(1e3 * trainer.timed.off, 3),
            compiled_step_ms=round(1e3 * trainer.timed.used, 3),
        )
    if trainer.timed or trainer.compiled != "off":
        callbacks.recorder.write()  # a worker that is killed now must not choose otherwise


def _train(trainer: Trainer) -> None:
    try:
        trainer.train()
        return
    except (RuntimeError, MemoryError) as error:
        if not memory.is_out_of_memory(error):
            raise
    # Only here, past the except: the exception held the tensors of the failed step.
    raise memory.explain(trainer)


def _record_facts(folder: RunFolder, callbacks: Callbacks, trainer: Trainer, data: DataSet) -> None:
    """Record what is known before the first step: layers, environment, data."""
    config, recorder = trainer.config, callbacks.recorder
    if not trainer.world.leads:
        recorder.note("result", params=0, macs=0)  # which the first process counts
        return
    summary = analysis.summarize(config)
    write_atomically(folder.path / "layers.json", json.dumps(summary).encode(), durable=False)
    if source := keep_sources(folder):
        before = recorder.record.get("source", {}).get("sha256")
        if before and before != source["sha256"]:
            callbacks.notice(
                "your own code has changed since this run began: it does not go on to the bit"
            )
            source["changed_on_resume"] = True
        recorder.note("source", **source)
    recorder.note("result", params=summary["params"], macs=summary["macs"])
    recorder.note(
        "environment",
        **environment(trainer.compute.name, trainer.compute.precision, torch.get_num_threads()),
        deterministic=config.train.deterministic,
        **together.facts(trainer),
    )
    recorder.note(
        "data",
        name=data.name,
        classes=list(data.classes),
        train=len(data.train),
        validation=len(data.validation),
        test=len(data.test),
        hash=data.content_hash,
        mean=data.mean,
        std=data.std,
        skipped=len(data.skipped),
    )
    recorder.status("running")
    for path, problem in data.skipped[:20]:
        callbacks.notice(f"skipped {path}: {problem}")
    if len(data.skipped) > 20:
        callbacks.notice(f"skipped {len(data.skipped) - 20} more images")


def _restore_checkpoint(callbacks: Callbacks, trainer: Trainer) -> int:
    """Restore the newest undamaged checkpoint; returns its step, 0 if there is none.

    Events of later steps are dropped from ``metrics.jsonl``: training writes them again.
    """
    folder, writer = callbacks.folder, callbacks.writer
    snapshot, complaints = checkpoint.load_newest(folder.checkpoints)
    kept = 0
    if snapshot is not None:
        try:
            snapshots.restore(trainer, snapshot)
        except (RuntimeError, LookupError, TypeError, ValueError) as error:
            reason = str(error).splitlines()[0]
            raise RunError(
                f"{folder.checkpoints}: of another network or another version: {reason}"
            ) from None
        kept = int(snapshot.numbers["metrics_bytes"])
        callbacks.checkpoint_writer.saved_step = trainer.step
        if changed := together.what_changed(trainer, snapshot):
            callbacks.notice(changed)
            callbacks.recorder.note("environment", not_exact=changed)
    writer.flush()
    again = snapshot is not None or callbacks.recorder.record.get("run", {}).get("workers", 1) > 1
    if again and trainer.world.leads and writer.length > kept:
        keep_prefix(folder.metrics, kept)
        writer.reopen()
    for complaint in complaints:
        callbacks.notice(f"a checkpoint is damaged and was passed over: {complaint}")
    return trainer.step


def _write_start_event(
    callbacks: Callbacks, trainer: Trainer, data: DataSet, resumed_from: int
) -> None:
    result = callbacks.recorder.record["result"]
    callbacks.event(
        "start",
        task=trainer.config.task.kind,
        classes=list(data.classes),
        epochs=trainer.epochs,
        steps=trainer.steps,
        steps_per_epoch=trainer.steps_per_epoch,
        batch_size=trainer.batches.batch_size,
        micro_batch=trainer.micro_batch,
        device=trainer.compute.name,
        precision=trainer.compute.precision,
        compile=trainer.compiled,
        params=result["params"],
        macs=result["macs"],
        input=list(trainer.config.input_shape),
        train_pictures=len(data.train),
        val_pictures=len(data.validation),
        test_pictures=len(data.test),
        resumed_from=resumed_from,
    )


def _save_interrupted(callbacks: Callbacks, trainer: Trainer) -> None:
    try:
        callbacks.checkpoint(trainer)
        callbacks.checkpoint_writer.wait()
    except (RunError, OSError, RuntimeError) as error:
        log.warning("no checkpoint could be written at the end: %s", error)


def _test(callbacks: Callbacks, trainer: Trainer, data: DataSet) -> None:
    """Evaluate the final weights on the test split and record the result."""
    split = data.test.to(trainer.compute.device)
    metrics = trainer.evaluate(split)
    callbacks.event(
        "test", weights="last", **{metric_name("test", k): v for k, v in metrics.items()}
    )
    callbacks.show(trainer, split, "test")
    result = {f"test_{name}": value for name, value in metrics.items() if name != "confusion"}
    if trainer.ema:
        result["ema_sha256"] = checkpoint.weights_hash(trainer.ema.state())
    result["weights_sha256"] = checkpoint.weights_hash(trainer.model.state_dict())
    callbacks.recorder.note("result", **result)
    callbacks.recorder.note("run", seconds=round(trainer.clock.seconds, 3))
