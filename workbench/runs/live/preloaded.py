"""The client of the preloaded worker: layer tables and warm workers, without blocking.

Free of torch, which is loaded by the process that this starts
(``python -m workbench.training.preloaded``).
"""

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from workbench.config import RunConfig, to_tables
from workbench.errors import RunError, WorkbenchError
from workbench.runs.live.status import read_status
from workbench.runs.store.folder import RunFolder

Phase = Literal["off", "loading", "ready"]
MAX_ANSWER = 64 << 20  # bytes of one line


class PreloadedError(WorkbenchError):
    """The preloaded worker refused a request, or is gone."""


class PreloadedWorker:
    """A client of one preloaded worker, which is started at the first request.

    Runs on the caller's event loop. A process that dies is started again by the next request.
    """

    def __init__(self, log: Path, on_phase: Callable[[Phase], None] | None = None) -> None:
        """``log`` is the file for the process's stderr; ``on_phase`` is called at each change."""
        self._log = log
        self._on_phase = on_phase
        self._phase: Phase = "off"
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._last_id = 0

    @property
    def phase(self) -> Phase:
        """``off``, ``loading`` (torch is being imported) or ``ready``."""
        return self._phase

    @property
    def pid(self) -> int | None:
        """The process's id; None while there is none."""
        return self._process.pid if self._process is not None else None

    async def start(self) -> None:
        """Start the process, unless it runs; does not wait until it is ready."""
        async with self._starting:
            if self._process is not None and self._process.returncode is None:
                return
            self._set_phase("loading")
            try:
                self._process = await self._spawn()
            except OSError as error:
                self._set_phase("off")
                raise PreloadedError(f"cannot start the preloaded worker: {error}") from None
            self._reader = asyncio.create_task(self._read(self._process))

    async def summarize(self, config: RunConfig) -> dict[str, Any]:
        """The document of ``workbench summary --json`` for a configuration.

        A newer request is answered before an older one. Raises :class:`PreloadedError` with
        what is wrong with the network.
        """
        return await self._ask("summarize", config=to_tables(config))

    async def launch(self, folder: RunFolder) -> int:
        """Fork a warm worker for a prepared run; returns its process id."""
        if read_status(folder).is_live:
            raise RunError(f"run {folder.id} has a worker already")
        folder.place.unlink(missing_ok=True)  # the job that an earlier worker had elsewhere
        answer = await self._ask("launch", folder=str(folder.path))
        return int(answer["pid"])

    async def close(self) -> None:
        """End the process, also while it loads torch. Runs go on."""
        process, self._process = self._process, None
        if self._reader is not None:
            self._reader.cancel()
        if process is not None and process.returncode is None:
            process.terminate()
            await process.wait()
        self._end("the workbench is closing")

    async def _ask(self, op: str, **arguments: Any) -> dict[str, Any]:
        await self.start()
        process = self._process
        if process is None or process.stdin is None:
            raise PreloadedError("the preloaded worker is closed")
        self._last_id += 1
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[self._last_id] = future
        request = {"id": self._last_id, "op": op, **arguments}
        try:
            process.stdin.write(json.dumps(request).encode() + b"\n")
            await process.stdin.drain()
        except ConnectionError:
            self._end(f"the preloaded worker ended; see {self._log}")
        return await future

    async def _spawn(self) -> asyncio.subprocess.Process:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",  # files in the working folder are not for import
                "-m",
                "workbench.training.preloaded",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                limit=MAX_ANSWER,
                start_new_session=True,
            )

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            message = json.loads(line)
            if message.get("event") == "ready":
                self._set_phase("ready")
                continue
            future = self._waiting.pop(message["id"], None)
            if future is None or future.done():
                continue
            if "error" in message:
                future.set_exception(PreloadedError(message["error"]))
            else:
                future.set_result(message["result"])
        await process.wait()
        self._end(f"the preloaded worker ended; see {self._log}")

    def _end(self, why: str) -> None:
        self._set_phase("off")
        waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            if not future.done():
                future.set_exception(PreloadedError(why))

    def _set_phase(self, phase: Phase) -> None:
        if phase != self._phase:
            self._phase = phase
            if self._on_phase is not None:
                self._on_phase(phase)
