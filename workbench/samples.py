"""A look at a data set for those without torch: facts and sample pictures, from another process.

:func:`command` names the process to start; :func:`read_message` understands each
line that it writes, one JSON object a line:

- ``{"progress": "decoding pictures", "done": 12000, "total": 50000}`` while one waits,
- ``{"facts": {…}}`` once (see :class:`DataFacts`),
- ``{"picture": {"label", "width", "height", "rgb"}}`` for each picture, ``rgb`` in base64,
- ``{"error": "one line"}`` in place of the rest.
"""

import base64
import binascii
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

MODULE = "workbench.data.look"


@dataclass(frozen=True)
class Progress:
    """How far a wait has come; ``total`` is 0 where nobody knows."""

    message: str
    done: int
    total: int


@dataclass(frozen=True)
class DataFacts:
    """What is known of a data set; ``counts`` has the pictures of each class by split."""

    name: str
    shape: tuple[int, int, int]  # [C, H, W] as decoded
    classes: tuple[str, ...]
    counts: dict[str, tuple[int, ...]]  # "train", "validation", "test"
    mean: tuple[float, ...]  # of each channel, 0 to 1
    std: tuple[float, ...]
    content_hash: str
    skipped: tuple[tuple[str, str], ...]  # (file, what is wrong with it)


@dataclass(frozen=True)
class Picture:
    """A small RGB picture: ``rgb`` has 3 bytes a pixel, row after row."""

    label: str
    width: int
    height: int
    rgb: bytes


@dataclass(frozen=True)
class Problem:
    """Why there is nothing to look at, in one line."""

    text: str


Message = Progress | DataFacts | Picture | Problem


def command(config_file: Path, count: int, *, augmented: bool = True, seed: int = 0) -> list[str]:
    """The command that looks at the data of a resolved configuration; it writes to stdout."""
    options = ["--count", str(count), "--seed", str(seed)]
    plain = [] if augmented else ["--plain"]
    return [sys.executable, "-m", MODULE, str(config_file), *options, *plain]


def write_message(message: Message) -> str:
    """One line without its end."""
    if isinstance(message, Progress):
        table: dict[str, Any] = {
            "progress": message.message,
            "done": message.done,
            "total": message.total,
        }
    elif isinstance(message, DataFacts):
        table = {"facts": asdict(message)}
    elif isinstance(message, Picture):
        rgb = base64.b64encode(message.rgb).decode()
        table = {"picture": {**asdict(message), "rgb": rgb}}
    else:
        table = {"error": message.text}
    return json.dumps(table)


def read_message(line: str) -> Message:
    """Understand a line of :func:`write_message`; anything else is a :class:`Problem`."""
    try:
        table = json.loads(line)
        if "progress" in table:
            return Progress(str(table["progress"]), int(table["done"]), int(table["total"]))
        if "facts" in table:
            return _facts(table["facts"])
        if "picture" in table:
            return _picture(table["picture"])
        return Problem(str(table["error"]))
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        return Problem(f"not understood: {line.strip()[:200]}")


def _facts(table: Mapping[str, Any]) -> DataFacts:
    channels, height, width = table["shape"]
    return DataFacts(
        name=str(table["name"]),
        shape=(int(channels), int(height), int(width)),
        classes=tuple(str(name) for name in table["classes"]),
        counts={str(k): tuple(int(n) for n in v) for k, v in table["counts"].items()},
        mean=tuple(float(value) for value in table["mean"]),
        std=tuple(float(value) for value in table["std"]),
        content_hash=str(table["content_hash"]),
        skipped=tuple((str(path), str(why)) for path, why in table["skipped"]),
    )


def _picture(table: Mapping[str, Any]) -> Picture:
    width, height = int(table["width"]), int(table["height"])
    rgb = base64.b64decode(table["rgb"], validate=True)
    if len(rgb) != 3 * width * height:
        raise ValueError("a picture's bytes do not match its size")
    return Picture(str(table["label"]), width, height, rgb)
