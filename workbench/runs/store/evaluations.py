"""Evaluations of a finished run, kept in its folder as ``evaluations/<name>.json``."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import RequestError
from workbench.runs.store.atomic import write_atomically
from workbench.runs.store.documents import check_evaluation
from workbench.runs.store.files import make_folder, read_json
from workbench.runs.store.folder import RunFolder

LARGEST_CROP = 4096  # px on a side: 200 MB as floats for one RGB image


@dataclass(frozen=True)
class CropRange:
    """Sides of test crops, first to last, both included."""

    first: int
    last: int
    step: int = 1

    @property
    def sizes(self) -> list[int]:
        """The sizes, in px."""
        return list(range(self.first, self.last + 1, self.step))

    def __str__(self) -> str:
        return f"{self.first}-{self.last}" + (f"-{self.step}" if self.step > 1 else "")


def parse_crops(text: str) -> CropRange:
    """``40:91`` (every size), ``40:91:3`` or ``56``; raises :class:`RequestError`."""
    parts = text.split(":")
    if len(parts) > 3 or not all(part.isascii() and part.isdigit() for part in parts):
        raise RequestError(f"--crop {text!r}: must be A:B, A:B:STEP or one size, such as 40:91")
    numbers = [int(part) for part in parts]
    first = numbers[0]
    last = numbers[1] if len(numbers) > 1 else first
    step = numbers[2] if len(numbers) > 2 else 1
    if not 1 <= first <= last <= LARGEST_CROP or step < 1:
        raise RequestError(
            f"--crop {text!r}: needs 1 <= A <= B <= {LARGEST_CROP} px and a step of 1 or more"
        )
    return CropRange(first, last, step)


def keep_evaluation(folder: RunFolder, name: str, document: dict[str, Any]) -> Path:
    """Write an evaluation, over an earlier one of that name; returns its path."""
    target = folder.path / "evaluations" / f"{name}.json"
    try:
        make_folder(target.parent)
        write_atomically(target, json.dumps(document, indent=1).encode())
    except OSError as error:
        raise RequestError(f"{target}: cannot be written: {error.strerror}") from None
    return target


def list_evaluations(folder: RunFolder) -> list[dict[str, Any]]:
    """The evaluations of a run, by file name; unreadable ones are skipped."""
    found = []
    for path in sorted((folder.path / "evaluations").glob("*.json")):
        try:
            found.append(check_evaluation(read_json(path, below=1)))
        except (OSError, ValueError):
            continue
    return found
