"""The process of the preloaded worker: answers layer tables and forks warm workers.

``python -m workbench.training.preloaded`` reads one JSON request a line from
stdin and writes one JSON answer a line to stdout:

- ``{"id": 1, "op": "summarize", "config": {…}}`` → ``{"id": 1, "result": {…}}``
- ``{"id": 2, "op": "launch", "folder": "…"}`` → ``{"id": 2, "result": {"pid": …}}``
- what is refused → ``{"id": 1, "error": "…"}``; loaded → ``{"event": "ready"}``

The process has one thread and never uses CUDA, so that it can be forked at any time. Counting is
done by a forked child, the analyst; a new request while one is counted replaces the analyst. It
ends when stdin closes, which it does when the client is gone.
"""

import json
import logging
import os
import selectors
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import torch

from workbench.analysis import summarize
from workbench.config.presets import load_preset
from workbench.runs.live.launch import write_launch
from workbench.runs.live.process import ProcessIdentity
from workbench.runs.store.files import open_to_append
from workbench.runs.store.folder import RunFolder
from workbench.training.preloaded.messages import Lines, send
from workbench.training.preloaded.summarizer import Analyst

# What a worker imports only after it has said that it is loading torch.
WARM = (
    *("workbench.training.worker.main", "workbench.training.worker.session"),
    *("workbench.tasks.classification", "workbench.data.sets.digits"),
)


class BecomeWorker(BaseException):
    """Raised in a forked child to leave the loop and become the worker of a run."""

    def __init__(self, folder: RunFolder) -> None:
        super().__init__(folder.id)
        self.folder = folder


class PreloadedWorker:
    """Reads requests and writes answers."""

    def __init__(self, requests: int, answers: int) -> None:
        self._requests = Lines(requests)
        self._answers = answers
        self._analyst: Analyst | None = None
        self._selector = selectors.DefaultSelector()
        self._selector.register(requests, selectors.EVENT_READ)

    def serve(self) -> None:
        """Answer until stdin closes; in a forked worker, :class:`BecomeWorker` is raised."""
        self._answer({"event": "ready"})
        while True:
            for key, _ in self._selector.select():
                if key.fd == self._requests.descriptor:
                    lines = self._requests.read()
                    if lines is None:
                        return
                    for line in lines:
                        self._handle(line)
                elif self._analyst is not None and key.fd == self._analyst.lines.descriptor:
                    self._relay(self._analyst)

    def close(self) -> None:
        """End the analyst."""
        if self._analyst is not None:
            self._selector.unregister(self._analyst.lines.descriptor)
            self._analyst.end()
            self._analyst = None

    def _handle(self, line: bytes) -> None:
        request: dict[str, Any] = {}
        try:
            request = json.loads(line)
            if request["op"] == "summarize":
                self._count(request)
            elif request["op"] == "launch":
                pid = self._launch(RunFolder(Path(request["folder"])))
                self._answer({"id": request["id"], "result": {"pid": pid}})
            else:
                self._answer({"id": request["id"], "error": f"no op {request['op']!r}"})
        except (ValueError, KeyError, TypeError, OSError) as error:
            name = request.get("id") if isinstance(request, dict) else None
            self._answer({"id": name, "error": f"{type(error).__name__}: {error}"})

    def _count(self, request: dict[str, Any]) -> None:
        if self._analyst is not None and self._analyst.busy_with is not None:
            self._answer({"id": self._analyst.busy_with, "error": "overtaken by a newer request"})
            self.close()
        if self._analyst is None:
            self._analyst = Analyst()
            self._selector.register(self._analyst.lines.descriptor, selectors.EVENT_READ)
        self._analyst.ask(request)

    def _relay(self, analyst: Analyst) -> None:
        lines = analyst.lines.read()
        if lines is None:  # it is dead: out of memory, say
            self._selector.unregister(analyst.lines.descriptor)
            status = os.waitstatus_to_exitcode(analyst.end())
            self._analyst = None
            text = f"counting this network ended the process that counts (status {status})"
            self._answer({"id": analyst.busy_with, "error": text})
            return
        for line in lines:
            analyst.busy_with = None
            os.write(self._answers, line + b"\n")

    def _answer(self, answer: dict[str, Any]) -> None:
        send(self._answers, answer)

    def _launch(self, folder: RunFolder) -> int:
        """Fork a worker for a run, in its own session, nobody's child; returns its process id."""
        told, tell = os.pipe()
        middle = os.fork()
        if middle == 0:
            self._become_worker(folder, told, tell)
        os.close(tell)
        os.waitpid(middle, 0)
        with os.fdopen(told, "rb") as pipe:
            line = pipe.readline()
        if not line:
            raise OSError(f"run {folder.id}: the worker could not be forked")
        pid = int(json.loads(line)["pid"])
        write_launch(folder, ProcessIdentity.of(pid))
        return pid

    def _become_worker(self, folder: RunFolder, told: int, tell: int) -> NoReturn:
        """In the forked child: fork again and end; in the grandchild, raise BecomeWorker."""
        try:
            os.setsid()
            if worker := os.fork():
                send(tell, {"pid": worker})
                os._exit(0)
            self._close_pipes(told, tell)
            _redirect_streams(folder)
        except OSError:
            logging.exception("run %s", folder.id)
            os._exit(1)
        raise BecomeWorker(folder)

    def _close_pipes(self, *pipes: int) -> None:
        """In a forked worker: close all pipes, so that the preloaded worker's end is seen."""
        self._selector.close()
        held = [*pipes, self._requests.descriptor, self._answers]
        if self._analyst is not None:
            held += [self._analyst.lines.descriptor, self._analyst.requests]
        for descriptor in held:
            os.close(descriptor)


def _warm_up() -> None:
    """Import what the first count and the first step need (torch._dynamo takes 1.5 s).

    Done before any fork, so that every child has it.
    """
    for name in WARM:
        import_module(name)
    summarize(load_preset("quick/digits"))
    torch.optim.SGD([torch.zeros(1, requires_grad=True)])


def _redirect_streams(folder: RunFolder) -> None:
    """Give a forked worker the streams and working folder of a cold one."""
    null = os.open(os.devnull, os.O_RDONLY)
    log = open_to_append(folder.log)
    os.dup2(null, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(null)
    os.close(log)
    os.chdir(folder.path.parent)


def main() -> int:
    """Serve until stdin closes."""
    # Pipes of our own, so that a stray print goes to the log and not between the answers.
    requests, answers = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # no thread pool: it would not survive the fork
    _warm_up()
    preloaded = PreloadedWorker(requests, answers)
    try:
        preloaded.serve()
        preloaded.close()
        return 0
    except BrokenPipeError:
        return 0  # whoever asked is gone
    except BecomeWorker as fate:
        folder = fate.folder
    torch.set_num_threads(threads)
    from workbench.training.worker.main import main as work

    return work([str(folder.path)])
