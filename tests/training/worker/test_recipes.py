"""Averages, early ends, parts of batches and frozen parts: right, and exact when interrupted."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tests.training.conftest import Prepare, training_events
from tests.training.worker.test_resume import stop_after, work
from workbench.config.presets import load_preset
from workbench.errors import ConfigError
from workbench.runs.live.weights_source import resolve_weights
from workbench.runs.store.events import read_events
from workbench.runs.store.folder import RunFolder
from workbench.training.inference.evaluate_run import Asked, evaluate_run
from workbench.training.inference.export_network import export_weights
from workbench.training.inference.finished import open_run

VARIANTS: list[dict[str, Any]] = [
    {"train__ema": 0.9},
    {"train__accumulate": 5, "optimizer__kind": "adamw"},
    {"model__freeze": ["stem"], "train__unfreeze_epoch": 2, "optimizer__kind": "adamw"},
    {"optimizer__layer_decay": 0.5, "optimizer__kind": "muon"},
]
RESNET = {"model__kind": "resnet", "model__blocks": [1, 1], "model__width": 8}


@pytest.mark.parametrize("changes", VARIANTS, ids=lambda changes: next(iter(changes)))
@pytest.mark.parametrize("step", [2, 4, 6])  # of 4 an epoch: within, at the end, within the second
def test_resumed_equals_undisturbed(
    new_run: Prepare, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], step: int
) -> None:
    calm, broken = (new_run(name, **RESNET, **changes) for name in ("calm", "broken"))
    expected = work(calm)
    with monkeypatch.context() as patch:
        stop_after(step, patch)
        assert work(broken)["run"]["status"] == "stopped"
    again = work(broken)
    assert again["result"] | {"seconds_per_epoch": 0, "images_per_second": 0} == expected[
        "result"
    ] | {"seconds_per_epoch": 0, "images_per_second": 0}
    assert training_events(broken) == training_events(calm)


def weights(folder: RunFolder) -> dict[str, torch.Tensor]:
    return load_file((folder.checkpoints / "last").resolve() / "weights.safetensors")


def test_the_average_is_what_is_tested_opened_and_exported(
    new_run: Prepare, tmp_path: Path
) -> None:

    folder = new_run("one", train__ema=0.9)
    record = work(folder)
    opened = open_run(folder, "last", "cpu").model.state_dict()
    plain = weights(folder)
    assert any(not torch.equal(opened[name], plain[name]) for name in plain)
    found = evaluate_run(folder, Asked())
    assert found["test_accuracy"] == record["result"]["test_accuracy"]
    (exported,) = export_weights(folder, tmp_path / "w.safetensors")
    assert all(torch.equal(value, opened[name]) for name, value in load_file(exported).items())
    without = work(new_run("two"))["result"]
    assert (
        without["weights_sha256"]
        == record["result"]["weights_sha256"]
        != (record["result"]["ema_sha256"])
    )


def test_patience_ends_a_run_well(new_run: Prepare, monkeypatch: pytest.MonkeyPatch) -> None:
    changes = {"train__patience": 2, "train__epochs": 9, "optimizer__lr": 1e-9}
    calm, broken = new_run("calm", **changes), new_run("broken", **changes)
    record = work(calm)
    epochs = [event["epoch"] for event in read_events(calm.metrics) if event["event"] == "epoch"]
    assert record["run"]["status"] == "finished" and epochs == [1, 2, 3]
    assert record["run"]["ended_early"] == (
        "ended after epoch 3: no better validation result for 2 epochs (best: epoch 1)"
    )
    with monkeypatch.context() as patch:
        stop_after(12, patch)  # the last step of the third epoch
        work(broken)
    assert work(broken)["result"]["weights_sha256"] == record["result"]["weights_sha256"]


def test_parts_of_a_batch_make_the_whole_batchs_step(new_run: Prepare) -> None:
    plain = {
        "model__kind": "simplenn",
        "data__size": 16,
        "augment__crop": 16,
        "train__steps": 3,
        "train__epochs": 0,
    }
    one, parts = new_run("one", **plain), new_run("parts", train__accumulate=2, **plain)
    work(one)
    work(parts)
    for name, value in weights(one).items():
        torch.testing.assert_close(weights(parts)[name], value, rtol=1e-4, atol=1e-6)


def test_a_batch_that_does_not_divide_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"train\.accumulate: .*must divide batch_size \(50\)"):
        load_preset("quick/digits", {"train.batch_size": 50, "train.accumulate": 3})


def test_what_is_frozen_stays_until_its_epoch(new_run: Prepare) -> None:
    always = new_run("always", **RESNET, model__freeze=["stem"])
    later = new_run("later", **RESNET, model__freeze=["stem"], train__unfreeze_epoch=2)
    never = new_run("never", **RESNET, model__freeze=["stem"], train__unfreeze_epoch=3)
    work(always)
    work(later)
    work(never)
    stem = [name for name in weights(always) if name.startswith("stem")]
    assert stem and all(torch.equal(weights(always)[n], weights(never)[n]) for n in stem)
    assert not torch.equal(weights(later)[stem[0]], weights(always)[stem[0]])


def test_weights_of_another_run_are_taken_over(new_run: Prepare, tmp_path: Path) -> None:
    first = new_run("first")
    work(first)
    config = load_preset("quick/digits", {"model.weights": "run:first"})
    source = resolve_weights(config, first.path.parent).model.weights
    assert source == f"run:{first.path}"
    second = new_run("second", model__weights=source, optimizer__lr=1e-9)
    record = work(second)
    assert record["weights"]["source"] == source and record["weights"]["kept_new"] == []
    for name, value in weights(first).items():
        if value.is_floating_point() and "running" not in name:
            torch.testing.assert_close(weights(second)[name], value, rtol=0, atol=1e-5)
    notices = [e["message"] for e in read_events(second.metrics) if e["event"] == "notice"]
    assert any(message.startswith("weights: ") for message in notices)
    for wrong, words in (("run:nobody", "nobody"), ("x.pth", "no such file")):
        with pytest.raises(Exception, match=words):
            resolve_weights(load_preset("quick/digits", {"model.weights": wrong}), tmp_path)
