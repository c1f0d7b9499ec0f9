"""Every preset of the family trains two steps; one goes through a worker to its end."""

import json
from pathlib import Path

import pytest
import torch

import workbench
from workbench.config.presets import list_presets, load_preset
from workbench.data import load_data
from workbench.data.augmentation.transforms import TestTransform, TrainAugment
from workbench.models import build_model
from workbench.runs.store.gallery import read_gallery
from workbench.tasks import build_task
from workbench.training.loop.batches import Batches

SCENES = {
    "data.source": "digits",
    "data.channels": 1,
    "data.scenes": 24,
    "train.batch_size": 8,
    "train.steps": 2,
    "train.device": "cpu",
}
PRESETS = [p.name for p in list_presets() if p.task in ("proposals", "detection") and not p.own]


def test_the_family_is_there() -> None:
    wanted = {"rpn-scenes", "faster-rcnn-convnet", "faster-rcnn-separable", "faster-rcnn-residual"}

    assert {f"detection/{name}" for name in wanted} <= set(PRESETS)


@pytest.mark.parametrize("name", PRESETS)
def test_two_steps_change_every_weight_and_can_be_judged(name: str) -> None:
    torch.manual_seed(0)
    config = load_preset(name, SCENES)
    data = load_data(config)
    model, task = build_model(config), build_task(config, data, torch.device("cpu"))
    augment = TrainAugment(config, data.mean, data.std)
    batches = Batches(data.train, augment, 8, 0, torch.device("cpu"))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    before = {key: value.clone() for key, value in model.named_parameters()}
    for step in range(2):
        losses, _ = task.train_step(model, *batches.batch(step))
        losses["loss"].backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    assert all(torch.isfinite(value) for value in losses.values())
    assert all(not torch.equal(value, before[key]) for key, value in model.named_parameters())

    model.eval()
    meter = task.test_meter()
    images, targets = data.validation.batch(torch.arange(len(data.validation)))
    transform = TestTransform(config, data.mean, data.std)
    with torch.inference_mode():
        losses, outputs = task.predict(model, transform(images), targets)
        meter.update(outputs, targets, losses)
    assert {"loss", "accuracy", "box_iou", "map50", "map50_95"} <= set(meter.result())


def test_a_run_keeps_every_loss_metric_and_its_images(tmp_path: Path) -> None:
    config = load_preset("detection/faster-rcnn-digits", {**SCENES, "data.objects": 2,
                         "model.keep": 2, "data.size": 64})  # fmt: skip

    record = workbench.train(config, tmp_path, name="two")

    events = [json.loads(line) for line in (tmp_path / "two/metrics.jsonl").open()]
    step = next(event for event in events if event["event"] == "step")
    assert {"loss", "loss_proposal", "loss_box", "loss_class"} <= set(step)
    epoch = next(event for event in events if event["event"] == "epoch")
    assert {"train_loss_box", "val_loss_class", "val_box_iou", "val_map50", "per_class"} <= set(
        epoch
    )
    result = record["result"]
    assert result["test_accuracy"] == result["test_correct"] / result["test_total"]
    assert {"test_accuracy_true_box", "test_map50_95", "test_loss_box", "macs"} <= set(result)
    gallery = read_gallery(tmp_path / "two/gallery-test.npz")
    assert gallery is not None and gallery.split == "test"
    assert len(gallery.images[0].boxes) == 4 and gallery.images[0].crop is not None
