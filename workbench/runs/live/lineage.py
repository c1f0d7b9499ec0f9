"""Makes runs from other runs: a child continues one with changes, a replay repeats one."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w

from workbench.config import RunConfig, change_config, difference
from workbench.config.fitting import resolve
from workbench.errors import RequestError, RunError
from workbench.runs.live.launch import prepare
from workbench.runs.live.status import read_status
from workbench.runs.store.atomic import write_atomically
from workbench.runs.store.files import open_to_read
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.record import read_record
from workbench.system.gpus import check_devices

MUST_STAY = ("model", "data", "task")  # the checkpoint's weights and counts are of these
MAY_MOVE = "data.root"  # the same data, elsewhere


def make_child(
    parent: RunFolder,
    changes: Mapping[str, Any],
    root: Path,
    name: str | None = None,
    *,
    here: bool = True,
) -> RunFolder:
    """Make a run that goes on from the parent's last checkpoint with dotted ``changes``.

    The parent is not changed. ``here``: this machine trains it, and has to have its device.
    Raises :class:`RequestError` for a change that does not fit the checkpoint, for missing data
    or device, and for a ``name`` that is taken; :class:`RunError` where there is no checkpoint.
    """
    if read_status(parent).is_live:
        raise RunError(f"run {parent.id} is live; stop it before it is continued differently")
    before = parent.read_config()
    after = _fitted(change_config(before, changes), here=here)
    changed = difference(before, after)
    for key in changed:
        if key.partition(".")[0] in MUST_STAY and key != MAY_MOVE:
            raise RequestError(
                f"{key}: a checkpoint is of its model, data and task; train a new run instead"
            )
    if not (parent.checkpoints / "last").exists():
        raise RunError(f"run {parent.id} has no checkpoint to go on from")
    child = prepare(after, root, name)
    try:
        # One that is pruned meanwhile does not matter: the parent is not live.
        shutil.copytree(parent.checkpoints, child.checkpoints, symlinks=True)
        if parent.metrics.exists():
            with open_to_read(parent.metrics) as source, child.metrics.open("xb") as target:
                shutil.copyfileobj(source, target)
        table = {
            "parent": parent.id,
            "changes": {key: f"{old!r} → {new!r}" for key, (old, new) in changed.items()},
        }
        write_atomically(child.parent, tomli_w.dumps(table).encode())
    except OSError as error:
        shutil.rmtree(child.path, ignore_errors=True)
        raise RunError(f"{child.path}: cannot be written: {error.strerror or error}") from None
    return child


def make_replay(
    original: RunFolder,
    root: Path,
    *,
    device: str | None = None,
    data: Path | None = None,
    name: str | None = None,
    here: bool = True,
) -> RunFolder:
    """Make a run with the original's recorded configuration, from the first step on.

    ``device`` and ``data`` replace its device and data root; ``here`` as above. Raises as
    :func:`workbench.config.fitting.resolve`, and for a missing device.
    """
    config = original.read_config()
    if device is not None:
        config = change_config(config, {"train.device": device})
    replay = prepare(_fitted(config, data, here=here), root, name)
    table = {"replay_of": original.id}
    # What ``auto`` chose by the clock is not chosen again: other kernels round otherwise.
    if how := read_record(original.record).get("environment", {}).get("compile"):
        table["compile"] = str(how)
    write_atomically(replay.parent, tomli_w.dumps(table).encode())
    return replay


def _fitted(config: RunConfig, data: Path | None = None, *, here: bool) -> RunConfig:
    """The configuration fitted to data and device; raises where one is missing."""
    fitted = resolve(config, data)
    if here:
        check_devices(fitted.train)
    return fitted
