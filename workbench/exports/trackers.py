"""Exports a run's history to TensorBoard, Weights & Biases and MLflow.

Each package is imported only by its own export. Nothing is sent: Weights & Biases writes an
offline run, MLflow a local database.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workbench.config import flatten, to_tables
from workbench.errors import RequestError
from workbench.exports.tables import all_events, numbers
from workbench.runs.history.run_info import RunInfo, read_run
from workbench.runs.store.folder import RunFolder
from workbench.system.packages import need

# What an epoch's number is called where training and validation share a plot.
SPLITS = {"train": "train", "val": "validation", "test": "test"}


def scalars(run: RunFolder) -> Iterator[tuple[int, float, str, float]]:
    """(step, unix time, tag, value) of all numbers of a run's history, in order.

    Tags are ``step/loss`` for single steps and ``accuracy/validation`` for epochs.
    """
    step = 0
    for event in all_events(run):
        kind, time = event["event"], float(event.get("time", 0.0))
        if kind not in ("step", "epoch", "test"):
            continue
        step = int(event.get("step", step))
        for name, value in numbers(event).items():
            yield step, time, _tag(kind, name), value


def export_tensorboard(run: RunFolder, target: Path) -> list[Path]:
    """Write an event file that TensorBoard opens (``tensorboard --logdir TARGET``)."""
    writers = need("tensorboard.summary.writer.event_file_writer", "tensorboard")
    events = need("tensorboard.compat.proto.event_pb2", "tensorboard")
    summaries = need("tensorboard.compat.proto.summary_pb2", "tensorboard")
    try:
        writer = writers.EventFileWriter(str(target))
    except OSError as error:
        raise RequestError(f"{target}: cannot be written: {error.strerror}") from None
    for step, time, tag, value in scalars(run):
        one = summaries.Summary.Value(tag=tag, simple_value=value)
        summary = summaries.Summary(value=[one])
        writer.add_event(events.Event(wall_time=time, step=step, summary=summary))
    writer.close()
    return sorted(target.glob("events.out.tfevents.*"))[-1:]


def export_wandb(run: RunFolder, target: Path) -> list[Path]:
    """Write an offline run for Weights & Biases; ``wandb sync`` sends it where that is wanted."""
    wandb = need("wandb", "wandb")
    info = read_run(run)
    target.mkdir(parents=True, exist_ok=True)
    session = wandb.init(
        project="workbench", name=run.id, dir=str(target), mode="offline", config=_config(info)
    )
    for step, _, tag, value in scalars(run):
        session.log({tag: value}, step=step)
    session.summary.update(_results(info))
    session.finish()
    return sorted(target.glob("wandb/offline-run-*"))[-1:]


def export_mlflow(run: RunFolder, target: Path) -> list[Path]:
    """Write a run into a local MLflow database (``mlflow ui --backend-store-uri sqlite:///…``)."""
    mlflow = need("mlflow", "mlflow")
    info = read_run(run)
    target.mkdir(parents=True, exist_ok=True)
    database = target / "mlflow.db"
    client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{database.absolute()}")
    found = client.get_experiment_by_name("workbench")
    experiment = found.experiment_id if found else client.create_experiment("workbench")
    one = client.create_run(experiment, run_name=run.id).info.run_id
    for key, value in _config(info).items():
        client.log_param(one, key, str(value)[:500])
    for step, time, tag, value in scalars(run):
        client.log_metric(one, tag, value, timestamp=int(time * 1000), step=step)
    for name, value in _results(info).items():
        client.log_metric(one, f"result/{name}", value)
    client.set_terminated(one)
    return [database]


def _tag(kind: str, name: str) -> str:
    if kind == "step":
        return f"step/{name}"
    split, _, rest = name.partition("_")
    if split in SPLITS and rest:
        return f"{rest}/{SPLITS[split]}"
    return f"{kind}/{name}"


def _config(info: RunInfo) -> dict[str, Any]:
    return flatten(to_tables(info.config)) if info.config else {}


def _results(info: RunInfo) -> dict[str, float]:
    return numbers(info.record.get("result", {}))
