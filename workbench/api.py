"""Training from Python: the same worker and run directory as the command line's."""

import contextlib
from pathlib import Path
from typing import Any

from workbench.config import RunConfig
from workbench.errors import RunError
from workbench.runs.history.follow import follow, why_ended
from workbench.runs.history.run_info import as_json, read_run
from workbench.runs.live.control import ask
from workbench.runs.live.launch import prepare, start_new
from workbench.runs.store.folder import RunFolder, runs_root
from workbench.system.gpus import check_device


def train(
    config: RunConfig,
    runs_dir: str | Path | None = None,
    data: str | Path | None = None,
    name: str | None = None,
) -> dict[str, Any]:
    """Train ``config`` in a worker, wait for it, and give its record (``show --json``).

    ``runs_dir`` and ``data`` default as they do on the command line. Raises
    :class:`RequestError` where nothing could be started and :class:`RunError`
    where the run failed. A KeyboardInterrupt asks the run to stop, and waits.
    """
    folder = start(config, runs_root(runs_dir), data, name)
    try:
        _wait(folder)
    except KeyboardInterrupt:
        with contextlib.suppress(RunError):  # it ended this very moment
            ask(folder, "stop")
        _wait(folder)
        raise
    run = read_run(folder)
    if run.status.name in ("failed", "crashed"):
        raise RunError(f"run {run.id} {run.status.name}: {why_ended(run)}")
    return as_json(run)


def start(
    config: RunConfig, runs_dir: Path, data: str | Path | None = None, name: str | None = None
) -> RunFolder:
    """Start a new run and give its folder.

    Everything that can be refused is refused before anything is written.
    """
    from workbench.config.split_check import resolve_to_train

    fitted = resolve_to_train(config, data)
    check_device(fitted.train.device)
    folder = prepare(fitted, runs_dir, name)
    start_new(folder)
    return folder


def _wait(folder: RunFolder) -> None:
    for _ in follow(folder):
        pass
