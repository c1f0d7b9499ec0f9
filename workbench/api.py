"""Training from Python: the same worker and run directory as the command line's."""

import contextlib
import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.config import RunConfig
from workbench.errors import RunError
from workbench.runs.history.follow import follow, why_ended
from workbench.runs.history.run_info import as_json, read_run
from workbench.runs.live.control import ask
from workbench.runs.live.launch import prepare, start_new
from workbench.runs.live.network_check import check_network
from workbench.runs.live.weights_source import resolve_weights
from workbench.runs.places.config import Place
from workbench.runs.store.folder import RunFolder, find_run, runs_root
from workbench.system.gpus import check_devices

if TYPE_CHECKING:
    from torch import nn


def train(
    config: RunConfig,
    runs_dir: str | Path | None = None,
    data: str | Path | None = None,
    name: str | None = None,
    *,
    model: "nn.Module | None" = None,
) -> dict[str, Any]:
    """Train ``config`` in a worker, wait for it, and give its record (``show --json``).

    A ``model`` is trained in place of the configuration's, from the weights that it has, in
    this process; it comes back trained. Any screen shows the run meanwhile.

    ``runs_dir`` and ``data`` default as they do on the command line. Raises
    :class:`RequestError` where nothing could be started and :class:`RunError`
    where the run failed. A KeyboardInterrupt asks the run to stop, and waits.
    """
    if model is not None:
        folder = _in_process().prepare_given(config, model, runs_root(runs_dir), data, name)
        return _record(_in_process().train_here(folder, model))
    folder = start(config, runs_root(runs_dir), data, name)
    try:
        _wait(folder)
    except KeyboardInterrupt:
        with contextlib.suppress(RunError):  # it ended this very moment
            ask(folder, "stop")
        _wait(folder)
        raise
    return _record(folder)


def _record(folder: RunFolder) -> dict[str, Any]:
    """The record of a run that has ended; raises :class:`RunError` where it failed."""
    run = read_run(folder)
    if run.status.name in ("failed", "crashed"):
        raise RunError(f"run {run.id} {run.status.name}: {why_ended(run)}")
    return as_json(run)


def resume(run: str, runs_dir: str | Path | None = None, *, model: "nn.Module") -> dict[str, Any]:
    """Go on with a run whose network was given in Python; ``model`` is one of its kind."""
    folder = find_run(run, runs_root(runs_dir))
    return _record(_in_process().train_here(folder, model))


def _in_process() -> Any:
    """What trains in this process: imported by name, so that the screen, too, can import us."""
    return importlib.import_module("workbench.training.in_process")


def start(
    config: RunConfig,
    runs_dir: Path,
    data: str | Path | None = None,
    name: str | None = None,
    place: Place | None = None,
) -> RunFolder:
    """Start a new run, here or at a place, and give its folder.

    Everything that can be refused is refused before anything is written.
    """
    folder = make(config, runs_dir, data, name, here=place is None)
    start_new(folder, place)
    return folder


def make(
    config: RunConfig,
    runs_dir: Path,
    data: str | Path | None = None,
    name: str | None = None,
    *,
    here: bool = True,
) -> RunFolder:
    """As :func:`start`, but somebody else starts the run's worker, on this machine or not."""
    from workbench.config.split_check import resolve_to_train

    fitted = resolve_to_train(config, data)
    if here:
        check_devices(fitted.train)
    return prepare(check_network(resolve_weights(fitted, runs_dir)), runs_dir, name)


def _wait(folder: RunFolder) -> None:
    for _ in follow(folder):
        pass
