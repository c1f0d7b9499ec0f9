"""Makes run folders and starts workers, each in a process and session of its own."""

import contextlib
import errno
import os
import shutil
import subprocess
from pathlib import Path

import tomli_w

from workbench.config import RunConfig, to_toml
from workbench.errors import RequestError, RunError, WorkbenchError
from workbench.runs.live import line
from workbench.runs.live.control import send
from workbench.runs.live.process import ProcessIdentity
from workbench.runs.live.sending import send_to
from workbench.runs.live.slots import queue_for
from workbench.runs.live.status import read_status
from workbench.runs.live.worker_command import worker_command
from workbench.runs.places.config import Place
from workbench.runs.store.atomic import write_atomically
from workbench.runs.store.files import open_to_append
from workbench.runs.store.folder import RunFolder, create_folder
from workbench.runs.store.record import read_record
from workbench.system.gpus import how_many

_children: list[subprocess.Popen[bytes]] = []  # kept to be reaped: see reap()


def prepare(config: RunConfig, root: Path, name: str | None = None) -> RunFolder:
    """Make the folder of a new run with its configuration; starts nothing.

    Raises :class:`RequestError` where the folder cannot be made and :class:`RunError` where the
    disk is full; nothing is left behind.
    """
    folder = create_folder(root, config.about.preset, name)
    try:
        write_atomically(folder.config, to_toml(config).encode())
    except OSError as error:
        folder.path.rmdir()
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        kind = RunError if full else RequestError  # what was asked for is right, but for the disk
        raise kind(f"{folder.path}: cannot be written: {error.strerror}") from None
    return folder


def start_worker(folder: RunFolder, processes: int = 0) -> int:
    """Start a worker on a run's folder; it begins, or goes on from the last checkpoint.

    ``processes`` are in place of ``train.devices``. Returns the process id. Raises
    :class:`RunError` where a worker lives already.
    """
    if read_status(folder).is_live:
        raise RunError(f"run {folder.id} has a worker already")
    command = worker_command(folder, processes)
    try:
        forget_earlier(folder)
        with os.fdopen(open_to_append(folder.log), "ab") as log:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=folder.path.parent,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
                start_new_session=True,
            )
        write_launch(folder, ProcessIdentity.of(child.pid))
    except OSError as error:
        raise RunError(f"{folder.path}: cannot start a worker: {error.strerror}") from None
    _children.append(child)
    return child.pid


def forget_earlier(folder: RunFolder) -> None:
    """Delete what is of an earlier worker: a request to it, and the job that it had elsewhere."""
    folder.control.unlink(missing_ok=True)
    folder.place.unlink(missing_ok=True)


def start_new(folder: RunFolder, place: Place | None = None) -> None:
    """Start the first worker of a run, here or at a place; if that fails, the folder is deleted."""
    try:
        if place is None:
            start_worker(folder)
        else:
            send_to(folder, place)
    except WorkbenchError:
        shutil.rmtree(folder.path, ignore_errors=True)
        raise


def write_launch(folder: RunFolder, worker: ProcessIdentity) -> None:
    """Record which process was started, and take its place in the queue.

    So a worker that dies before it writes anything is known to be dead, and runs train in the
    order in which they were started.
    """
    text = tomli_w.dumps(worker.as_table())
    write_atomically(folder.launch, text.encode(), durable=False)
    join_line(folder, worker)


def join_line(folder: RunFolder, worker: ProcessIdentity) -> None:
    """Take a worker's place in the queue of its device, on the machine that it runs on."""

    def stands_by_itself() -> bool:
        """Whether the worker came first: by now it may have left the line again."""
        told = read_record(folder.record).get("run", {})
        return ProcessIdentity.from_table(told) == worker

    # A configuration or a state folder that cannot be used: its worker will say so.
    with contextlib.suppress(RequestError, OSError):
        train = folder.read_config().train
        queue = queue_for(train.device, train.threads, how_many(train))
        line.join(queue.name, folder.path, worker, unless=stands_by_itself)


def resume(folder: RunFolder, processes: int = 0, place: Place | None = None) -> str:
    """Let a paused run go on, or start a worker on one that ended early, here or at a place.

    ``processes`` are in place of ``train.devices``. Returns "resumed" for a paused
    run and "restarted" where a worker was started.
    """
    now = read_status(folder)
    if now.is_live:
        send(folder, "run", now)
        return "resumed"
    if now.name == "finished":
        raise RunError(f"run {folder.id} is finished; nothing is left to train")
    if place is None:
        start_worker(folder, processes)
    else:
        send_to(folder, place, processes)
    return "restarted"


def pause_or_resume(folder: RunFolder) -> str:
    """Pause a run that trains or is queued; resume any other.

    Returns "pausing" (after the current step), "paused" (it was queued), or what
    :func:`resume` returns.
    """
    now = read_status(folder)
    if now.name in ("running", "stalled", "starting", "queued"):
        send(folder, "pause", now)
        return "pausing" if now.name in ("running", "stalled") else "paused"
    return resume(folder)


def reap() -> None:
    """Wait for child processes that have ended, so that they do not stay as zombies."""
    _children[:] = [child for child in _children if child.poll() is None]
