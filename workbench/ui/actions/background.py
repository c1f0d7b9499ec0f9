"""Commands that the app runs in the background: the same as on the command line."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

MOST = 200_000  # characters of output that are kept


@dataclass
class BackgroundCommand:
    """One command of ``workbench``, with its output so far."""

    title: str
    words: Sequence[str]
    runs_dir: Path
    output: str = ""
    status: int | None = None
    stopped: bool = False
    _process: asyncio.subprocess.Process | None = field(default=None, init=False)

    async def run(self) -> int:
        """Run it to its end; gives its exit status."""
        command = [sys.executable, "-P", "-m", "workbench", *self.words]
        command += ["--runs-dir", str(self.runs_dir)]
        self._process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, "NO_COLOR": "1", "TERM": "dumb"},
            start_new_session=True,
        )
        assert self._process.stdout is not None
        while piece := await self._process.stdout.read(4096):
            self.output = (self.output + piece.decode(errors="replace"))[-MOST:]
        self.status = await self._process.wait()
        return self.status

    def stop(self) -> None:
        """Ask it to end."""
        self.stopped = True
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.terminate()
