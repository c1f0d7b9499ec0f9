"""Images that are decoded as they are read: the same training as from the cache, to the bit."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.training.conftest import SMALL, training_events
from tests.training.worker.test_resume import stop_after, work
from workbench.config.presets import load_preset
from workbench.config.split_check import resolve_to_train
from workbench.runs.live.launch import prepare
from workbench.runs.store.folder import RunFolder


@pytest.fixture
def images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of 96 images of two classes."""
    monkeypatch.setenv("WORKBENCH_CACHE", str(tmp_path / "cache"))
    rng = np.random.default_rng(0)
    for number in range(96):
        path = tmp_path / "images" / "ab"[number % 2] / f"{number:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 128, (10, 12, 3)) + 64 * (number % 2)
        Image.fromarray(pixels.astype(np.uint8)).save(path)
    return tmp_path / "images"


def new_run(images: Path, name: str, **changes: Any) -> RunFolder:
    dotted = {key.replace("__", "."): value for key, value in changes.items()}
    data = {"data.name": "imagefolder", "data.limit": 0, "train.batch_size": 16}
    config = load_preset("quick/digits", {**SMALL, **data, **dotted})
    return prepare(resolve_to_train(config, images), images.parent / "runs", name)


@pytest.mark.parametrize("step", [2, 4, 6])  # of 4 an epoch: within, at the end, in the next
def test_trains_as_from_the_cache_and_resumes_to_the_bit(
    images: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    from_cache = new_run(images, "cached", augment__hflip=0.5)
    expected = work(from_cache)
    uncached = {"data__cache": "none", "data__workers": 1, "augment__hflip": 0.5}
    broken = new_run(images, "broken", **uncached)
    with monkeypatch.context() as patch:
        stop_after(step, patch)
        assert work(broken)["run"]["status"] == "stopped"
    again = work(broken)
    assert again["result"]["weights_sha256"] == expected["result"]["weights_sha256"]
    assert training_events(broken) == training_events(from_cache)
    assert len(list((images.parent / "cache").glob("pictures/*/images.uint8"))) == 1


def test_a_broken_image_is_black_and_named(images: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (images / "a" / "00.png").write_text("no image")
    record = work(new_run(images, "run", data__cache="none", data__workers=1, train__epochs=3))
    assert record["run"]["status"] == "finished"
    assert (
        "a/00.png is black in this batch: is no image that Pillow can read"
        in capfd.readouterr().err
    )
