"""Runs of the multi-label and of the segmentation task: recorded, shown, interrupted, resumed."""

from pathlib import Path
from typing import Any

import pytest

from tests.training.worker.test_resume import stop_after, work
from workbench.config.fitting import resolve
from workbench.config.presets import load_preset
from workbench.runs.live.launch import prepare
from workbench.runs.store.events import read_events
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.gallery import read_gallery

SMALL = {"train.batch_size": 8, "train.epochs": 2, "train.threads": 1, "train.device": "cpu"}
MULTILABEL = {"data.scenes": 32, "model.channels": [4, 8, 8, 8], **SMALL}
SEGMENTATION = {
    "data.images": 48,
    "data.size": 16,
    "model.channels": [4, 8, 8],
    "task.weight_dice": 0.5,
    **SMALL,
}
CASES = [("multilabel/smallnet-digits", MULTILABEL), ("segmentation/unet-shapes", SEGMENTATION)]


def make(root: Path, name: str, preset: str, changes: dict[str, Any]) -> RunFolder:
    return prepare(resolve(load_preset(preset, changes), None), root, name)


@pytest.mark.parametrize(("preset", "changes"), CASES)
def test_resumed_equals_undisturbed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, preset: str, changes: dict[str, Any]
) -> None:
    calm, broken = (make(tmp_path, name, preset, changes) for name in ("calm", "broken"))
    expected = work(calm)
    with monkeypatch.context() as patch:
        stop_after(2, patch)
        assert work(broken)["run"]["status"] == "stopped"
    again = work(broken)

    assert again["result"]["weights_sha256"] == expected["result"]["weights_sha256"]
    assert again["result"]["test_accuracy"] == expected["result"]["test_accuracy"]
    gallery = read_gallery(calm.path / "gallery-test.npz")
    assert gallery is not None and (gallery.images[0].crop is None) == ("multi" in preset)
    events = {event["event"]: event for event in read_events(calm.metrics)}
    assert events["start"]["task"] == preset.partition("/")[0]
    name = "mean_iou" if "segmentation" in preset else "mean_average_precision"
    assert 0 <= events["epoch"][f"val_{name}"] <= 1 and f"test_{name}" in expected["result"]
