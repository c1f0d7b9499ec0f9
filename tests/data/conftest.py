"""Tiny folders of images, made on the spot."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from workbench.config import RunConfig, build_config

MakeFolder = Callable[..., Path]
MakeConfig = Callable[..., RunConfig]


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Small arithmetic is slower on many threads than on one."""
    torch.set_num_threads(1)


@pytest.fixture
def folder(tmp_path: Path) -> MakeFolder:
    """Give a function that makes ``root/<split>/<class>/<n>.png`` with images of one colour."""

    def make(counts: dict[str, int], split: str = "", side: int = 8, root: str = "data") -> Path:
        top = tmp_path / root
        rng = np.random.default_rng(len(split))
        for index, (name, count) in enumerate(counts.items()):
            place = top / split / name
            place.mkdir(parents=True)
            for number in range(count):
                pixels = rng.integers(0, 40, (side, side, 3)) + 60 * index
                Image.fromarray(pixels.astype(np.uint8)).save(place / f"{number:03}.png")
        return top

    return make


@pytest.fixture
def config() -> MakeConfig:
    """Give a function that makes a small configuration with dotted changes."""

    def make(name: str = "digits", **changes: object) -> RunConfig:
        tables = {
            "model": {"kind": "simplenn"},
            "data": {"name": name, "size": 8},
            "train": {"epochs": 1},
        }
        return build_config(tables, {key.replace("__", "."): v for key, v in changes.items()})

    return make
