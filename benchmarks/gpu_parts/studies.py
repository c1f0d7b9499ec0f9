"""``--part studies``: the studies at full length, as real runs that go on where they were."""

import time
from dataclasses import dataclass
from functools import partial

from benchmarks.gpu_parts.sheet import Options, OutOfTime, Sheet
from workbench.config import RunConfig, change_config
from workbench.config.fitting import resolve
from workbench.config.presets import load_preset
from workbench.runs.live.control import write_request
from workbench.runs.live.launch import prepare, start_worker
from workbench.runs.live.status import read_status
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.record import read_record
from workbench.sweeps.catalogue import find_sweep
from workbench.sweeps.plan import plan

SWEEPS = ("pipeline-simplenn", "schedules-resnet20", "optimizers-resnet20")
LAST = ("resnet-5-4-3-150", "resnet/resnet-5m-cifar10", {"train.epochs": 150})
QUICK = {"train.epochs": 2, "data.limit": 256, "model.width": 4, "train.threads": 1}
STOPPING = 15.0  # seconds that a worker gets to write its checkpoint


@dataclass(frozen=True)
class Study:
    """One run of a study."""

    name: str
    config: RunConfig


def studies(options: Options) -> Sheet:
    """Each run until it is done or the time is up; what is stopped goes on the next time."""
    columns = ("run", "status", "epochs", "best validation", "test", "seconds", "compile")
    sheet = Sheet("studies", columns, options)
    for study in _studies(options):
        sheet.measure(study.name, partial(_train, study, sheet), STOPPING + 5)
    return sheet


def _studies(options: Options) -> list[Study]:
    """In the order of the issue: SimpleNN's, ResNet-20's, ResNet 5-4-3 at full length."""
    if options.quick:
        changes = QUICK | {"train.device": options.device}
        return [Study("digits", load_preset("quick/digits", changes))]
    found = []
    for name in SWEEPS:
        for run in plan(find_sweep(name, options.out)[1], name):
            found.append(Study(f"{name}, {run.variant}", run.config))
    name, preset, more = LAST
    found.append(Study(name, load_preset(preset, more)))
    changes = {"train.device": options.device}
    changes |= {"data.name": "imagefolder"} if options.data else {}
    return [Study(study.name, change_config(study.config, changes)) for study in found]


def _train(study: Study, sheet: Sheet) -> list[str] | None:
    """The row of a run that is done; None where it was stopped for the time."""
    options = sheet.options
    runs = options.out / "runs"
    folder = RunFolder(runs / "".join(c if c.isalnum() or c in "._-" else "-" for c in study.name))
    if not folder.is_run:
        fitted = resolve(study.config, None if options.quick else options.data)
        prepare(fitted, runs, folder.id)
    if read_status(folder).name != "finished" and not read_status(folder).is_live:
        start_worker(folder)
    try:
        while read_status(folder).is_live and sheet.left > STOPPING:
            time.sleep(0.1)
    finally:
        _stop(folder)
    if read_status(folder).name == "stopped":
        return None
    record = read_record(folder.record)
    result, run = record.get("result", {}), record.get("run", {})
    return [
        read_status(folder).name,
        str(result.get("epochs", 0)),
        *(f"{100 * result.get(key, 0):.2f} %" for key in ("best_val_accuracy", "test_accuracy")),
        f"{run.get('seconds', 0):.0f}",
        str(record.get("environment", {}).get("compile")),
    ]


def _stop(folder: RunFolder) -> None:
    """Ask a worker that still trains to stop, and wait until its checkpoint is written."""
    if not read_status(folder).is_live:
        return
    write_request(folder, "stop")
    end = time.monotonic() + STOPPING
    try:
        while read_status(folder).is_live and time.monotonic() < end:
            time.sleep(0.1)
    except OutOfTime:
        return  # it has been asked
