"""One run from its folder to its end: data, network, training, test, record."""

import json
import logging
from collections.abc import Callable

import torch
from torch import nn

from workbench import analysis
from workbench.config import RunConfig
from workbench.data import DataSet, load_data, what_is_missing
from workbench.data.augmentation.transforms import TestTransform, TrainAugment
from workbench.errors import RunError
from workbench.models import build_model
from workbench.models.preparing import Prepared
from workbench.runs.store.atomic import write_atomically
from workbench.runs.store.events import keep_prefix
from workbench.runs.store.folder import RunFolder
from workbench.tasks import Task, build_task
from workbench.training.checkpoints import files as checkpoint
from workbench.training.checkpoints import snapshots
from workbench.training.loop import compile as compiling
from workbench.training.loop import devices, memory
from workbench.training.loop.batches import Batches
from workbench.training.loop.devices import Compute
from workbench.training.loop.seeds import derive
from workbench.training.loop.trainer import Clock, Trainer, metric_name
from workbench.training.worker.callbacks import Attendant
from workbench.training.worker.recorder import environment

# What a network sees before its first step, if it asks for it: so many images, or pixels.
PREPARED_FROM, PREPARED_PIXELS = 5000, 1 << 24
PREPARING = "showing the network the images"

log = logging.getLogger(__name__)


def run_session(folder: RunFolder, attendant: Attendant, config: RunConfig) -> None:
    """Train the run of ``folder`` to its end, from its newest checkpoint if it has one.

    Raises :class:`workbench.training.loop.trainer.StopTraining` where it was told to
    stop; its checkpoint is written by then.
    """
    compute = devices.choose(config.train)
    attendant.phase("reading the data")
    data = load_data(config, attendant.phase)
    for lack in what_is_missing(config, data):
        attendant.notice(lack)
    attendant.phase("building the network")
    model = fresh_model(config, compute)
    task = build_task(config, data, compute.device)
    trainer = assemble(config, data, model, task, compute, attendant)
    trainer.clock = Clock(now=attendant.signals.awake.now)
    _describe(folder, attendant, trainer, data)
    resumed_from = _go_back(attendant, trainer)
    if not resumed_from:
        prepare(trainer, attendant.phase)
    if config.train.auto_batch and not trainer.step:
        attendant.phase("finding the batch that fits")
        trainer.micro_batch = memory.largest_part(trainer, trainer.batches.batch_size) or 1
    _compile(attendant, trainer)
    _announce(attendant, trainer, data, resumed_from)
    try:
        _train(trainer)
    except BaseException:
        # Wherever it is interrupted, all that was done up to here must last.
        if trainer.step != resumed_from and not attendant.heartbeat.lost:
            _save_what_is_sound(attendant, trainer)
        raise
    attendant.phase("testing")
    _finish(attendant, trainer, data)
    attendant.flush_at_last()
    attendant.keep_final(trainer)


def fresh_model(config: RunConfig, compute: Compute) -> nn.Module:
    """The configuration's network with the weights that its seed gives, on its device."""
    torch.manual_seed(derive(config.train.seed, "weights"))
    model = build_model(config)
    return model.to(device=compute.device, memory_format=compute.memory_format)  # type: ignore[call-overload,no-any-return]


def assemble(
    config: RunConfig,
    data: DataSet,
    model: nn.Module,
    task: Task,
    compute: Compute,
    attendant: Attendant,
) -> Trainer:
    """Put the trainer together; the images move to the device if they are resident."""
    last = compute.channels_last
    augment = TrainAugment(config, data.mean, data.std, channels_last=last)
    transform = TestTransform(config, data.mean, data.std, channels_last=last)
    train = data.train.to(compute.device)
    batches = Batches(train, augment, config.train.batch_size, config.train.seed, compute.device)
    validation = data.validation.to(compute.device)
    return Trainer(config, model, task, batches, validation, transform, compute, attendant)


def prepare(trainer: Trainer, tell: Callable[[str], None] = lambda _: None) -> None:
    """Let a network that asks for it see training images before its first step.

    They are spread evenly over the split and look like test images, so that they are the
    same for every seed.
    """
    if not isinstance(trainer.model, Prepared):
        return
    tell(PREPARING)
    split = trainer.batches.split
    fitting = max(1, PREPARED_PIXELS // split.images.shape[2:].numel())
    wanted = min(len(split), PREPARED_FROM, fitting)
    rows = torch.arange(wanted) * len(split) // wanted
    images, _ = split.batch(rows)
    trainer.model.prepare(trainer.test_transform(images))


def _compile(attendant: Attendant, trainer: Trainer) -> None:
    if trainer.config.train.compile != "off":
        attendant.phase("compiling the network")
    if notice := compiling.settle(trainer):
        attendant.notice(notice)
    attendant.recorder.note("environment", compile=trainer.compiled)


def _train(trainer: Trainer) -> None:
    try:
        trainer.train()
        return
    except (RuntimeError, MemoryError) as error:
        if not memory.is_out_of_memory(error):
            raise
    # Only here, past the except: the exception held the tensors of the failed step.
    raise memory.explain(trainer)


def _describe(folder: RunFolder, attendant: Attendant, trainer: Trainer, data: DataSet) -> None:
    """Write down what is known before the first step."""
    config, recorder = trainer.config, attendant.recorder
    summary = analysis.summarize(config)
    write_atomically(folder.path / "layers.json", json.dumps(summary).encode(), durable=False)
    recorder.note("result", params=summary["params"], macs=summary["macs"])
    recorder.note(
        "environment",
        **environment(trainer.compute.name, trainer.compute.precision, torch.get_num_threads()),
        deterministic=config.train.deterministic,
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
        attendant.notice(f"skipped {path}: {problem}")
    if len(data.skipped) > 20:
        attendant.notice(f"skipped {len(data.skipped) - 20} more images")


def _go_back(attendant: Attendant, trainer: Trainer) -> int:
    """Stand where the newest sound checkpoint was taken; gives its step, 0 without one.

    Events of later steps are dropped: they come again, equal to the bit.
    """
    folder, writer = attendant.folder, attendant.writer
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
        attendant.keeper.saved_step = trainer.step
    writer.flush()
    again = snapshot is not None or attendant.recorder.record["run"]["workers"] > 1
    if again and writer.length > kept:
        keep_prefix(folder.metrics, kept)
        writer.reopen()
    for complaint in complaints:
        attendant.notice(f"a checkpoint is damaged and was passed over: {complaint}")
    return trainer.step


def _announce(attendant: Attendant, trainer: Trainer, data: DataSet, resumed_from: int) -> None:
    result = attendant.recorder.record["result"]
    attendant.event(
        "start",
        classes=list(data.classes),
        epochs=trainer.epochs,
        steps=trainer.steps,
        steps_per_epoch=trainer.steps_per_epoch,
        batch_size=trainer.batches.batch_size,
        micro_batch=trainer.micro_batch,
        device=trainer.compute.name,
        precision=trainer.compute.precision,
        params=result["params"],
        macs=result["macs"],
        input=list(trainer.config.input_shape),
        train_pictures=len(data.train),
        val_pictures=len(data.validation),
        test_pictures=len(data.test),
        resumed_from=resumed_from,
    )


def _save_what_is_sound(attendant: Attendant, trainer: Trainer) -> None:
    try:
        attendant.checkpoint(trainer)
        attendant.keeper.wait()
    except (RunError, OSError, RuntimeError) as error:
        log.warning("no checkpoint could be written at the end: %s", error)


def _finish(attendant: Attendant, trainer: Trainer, data: DataSet) -> None:
    """Test once, with the final weights, and write down the result."""
    split = data.test.to(trainer.compute.device)
    judged = trainer.judge(split)
    attendant.event(
        "test", weights="last", **{metric_name("test", k): v for k, v in judged.items()}
    )
    attendant.show(trainer, split, "test")
    result = {f"test_{name}": value for name, value in judged.items() if name != "confusion"}
    result["weights_sha256"] = checkpoint.weights_hash(trainer.model.state_dict())
    attendant.recorder.note("result", **result)
    attendant.recorder.note("run", seconds=round(trainer.clock.seconds, 3))
