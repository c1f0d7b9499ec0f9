"""Asks a process of its own for a learning-rate range test, without blocking. Free of torch."""

import asyncio
import contextlib
import json
import sys
from collections.abc import Callable
from typing import Any

from workbench.config import RunConfig, to_toml
from workbench.config.lr_range import Span
from workbench.errors import RunError

Progress = Callable[[str, int, int], None]
COMMAND = (sys.executable, "-P", "-m", "workbench.training.lr_find")  # -P: no stranger's random.py
MAX_LINE = 16 << 20  # bytes


async def find_lr(config: RunConfig, span: Span, progress: Progress) -> dict[str, Any]:
    """The document of ``workbench lr-find --json``; a cancelled task ends the process.

    Raises :class:`RunError` with the reason where there is none.
    """
    arguments = (str(span.low), str(span.high), str(span.steps))
    try:
        process = await asyncio.create_subprocess_exec(
            *COMMAND,
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=MAX_LINE,
            start_new_session=True,
        )
    except OSError as error:
        raise RunError(f"the test could not be started: {error}") from None
    try:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(to_toml(config).encode())
        process.stdin.close()
        while line := await process.stdout.readline():
            said = json.loads(line)
            if "error" in said:
                raise RunError(str(said["error"]))
            if "result" in said:
                result: dict[str, Any] = said["result"]
                return result
            progress(*said["progress"])
        raise RunError(f"the test ended with status {await process.wait()}")
    except ConnectionError as error:
        raise RunError(f"the test ended: {error}") from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
