"""The messages of the process that shows a data set: facts and sample images, without torch.

:func:`command` is the process to start. It reads the data set, writes one JSON object a line to
stdout, and answers each line of :func:`ask` on its stdin with a page, until stdin closes;
:func:`read_message` parses what it writes:

- ``{"progress": "decoding images", "done": 12000, "total": 50000}`` while it reads,
- ``{"info": {…}}`` once (see :class:`DatasetInfo`),
- ``{"page": [{"label", "width", "height", "rgb"}, …]}``, ``rgb`` in base64,
- ``{"error": "one line"}``, after which it ends.
"""

import base64
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

MODULE = "workbench.data.preview"
MOST = 200  # images of a page
LARGEST = 96  # pixels of a side: half-blocks show no more
MOST_PIXELS = 512  # of a side that can be asked for


@dataclass(frozen=True)
class Progress:
    """Progress of reading; ``total`` is 0 where it is not known."""

    message: str
    done: int
    total: int


@dataclass(frozen=True)
class DatasetInfo:
    """The facts of a data set; ``counts`` has the images of each class by split."""

    name: str
    shape: tuple[int, int, int]  # [C, H, W] as decoded
    classes: tuple[str, ...]
    counts: dict[str, tuple[int, ...]]  # "train", "validation", "test"
    mean: tuple[float, ...]  # of each channel, 0 to 1
    std: tuple[float, ...]
    content_hash: str
    skipped: tuple[tuple[str, str], ...]  # (file, what is wrong with it)
    # Images by split, where they are not the sum of ``counts``: one may show several classes.
    sizes: dict[str, int] = field(default_factory=dict)

    def total(self, split: str) -> int:
        """Number of images of a split."""
        return self.sizes.get(split, sum(self.counts[split]))


@dataclass(frozen=True)
class SampleImage:
    """A small RGB image: ``rgb`` has 3 bytes a pixel, row after row."""

    label: str
    width: int
    height: int
    rgb: bytes


@dataclass(frozen=True)
class Page:
    """The images of a request."""

    images: tuple[SampleImage, ...]


@dataclass(frozen=True)
class Problem:
    """Why the data set cannot be shown, in one line."""

    text: str


Message = Progress | DatasetInfo | Page | Problem


@dataclass(frozen=True)
class Request:
    """Which images to show: ``augmented`` as in training, else as test images.

    Images with a side above ``largest`` pixels are scaled down to it.
    """

    count: int
    augmented: bool = True
    seed: int = 0
    largest: int = LARGEST


def command(config_file: Path) -> list[str]:
    """The command that shows the data of a resolved configuration in TOML."""
    return [sys.executable, "-P", "-m", MODULE, str(config_file)]


def ask(request: Request) -> str:
    """A request as a line for the process, without the newline."""
    return json.dumps(asdict(request))


def read_request(line: str) -> Request:
    """Parse a line of :func:`ask`; raises ValueError."""
    try:
        table = json.loads(line)
        count = min(int(table["count"]), MOST)
        largest = min(max(int(table["largest"]), 1), MOST_PIXELS)
        return Request(count, bool(table["augmented"]), int(table["seed"]), largest)
    except (KeyError, TypeError, AttributeError):
        raise ValueError(f"not a request: {line.strip()[:200]}") from None


def write_message(message: Message) -> str:
    """A message as a line, without the newline."""
    if isinstance(message, Progress):
        table: dict[str, Any] = {
            "progress": message.message,
            "done": message.done,
            "total": message.total,
        }
    elif isinstance(message, DatasetInfo):
        table = {"info": asdict(message)}
    elif isinstance(message, Page):
        table = {
            "page": [
                {**asdict(image), "rgb": base64.b64encode(image.rgb).decode()}
                for image in message.images
            ]
        }
    else:
        table = {"error": message.text}
    return json.dumps(table)


def read_message(line: str) -> Message:
    """Parse a line of :func:`write_message`; anything else gives a :class:`Problem`."""
    try:
        table = json.loads(line)
        if "progress" in table:
            return Progress(str(table["progress"]), int(table["done"]), int(table["total"]))
        if "info" in table:
            return _info(table["info"])
        if "page" in table:
            return Page(tuple(_image(image) for image in table["page"]))
        return Problem(str(table["error"]))
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return Problem(f"not understood: {line.strip()[:200]}")


def _info(table: Mapping[str, Any]) -> DatasetInfo:
    channels, height, width = table["shape"]
    return DatasetInfo(
        name=str(table["name"]),
        shape=(int(channels), int(height), int(width)),
        classes=tuple(str(name) for name in table["classes"]),
        counts={str(k): tuple(int(n) for n in v) for k, v in table["counts"].items()},
        mean=tuple(float(value) for value in table["mean"]),
        std=tuple(float(value) for value in table["std"]),
        content_hash=str(table["content_hash"]),
        skipped=tuple((str(path), str(why)) for path, why in table["skipped"]),
        sizes={str(split): int(size) for split, size in table.get("sizes", {}).items()},
    )


def _image(table: Mapping[str, Any]) -> SampleImage:
    width, height = int(table["width"]), int(table["height"])
    rgb = base64.b64decode(table["rgb"], validate=True)
    if len(rgb) != 3 * width * height:
        raise ValueError("an image's bytes do not match its size")
    return SampleImage(str(table["label"]), width, height, rgb)
