"""JSON messages through pipes, one a line."""

import json
import os
from collections.abc import Iterator
from typing import Any

CHUNK = 1 << 16  # bytes read at once


class Lines:
    """Reads complete lines from a pipe."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._rest = b""

    def read(self) -> Iterator[bytes] | None:
        """The complete lines by now; None at the end of the pipe."""
        data = os.read(self.descriptor, CHUNK)
        if not data:
            return None
        *lines, self._rest = (self._rest + data).split(b"\n")
        return iter(lines)


def send(descriptor: int, message: dict[str, Any]) -> None:
    """Write a message, however long it is; blocks while the pipe is full."""
    data = json.dumps(message).encode() + b"\n"
    while data:
        data = data[os.write(descriptor, data) :]
