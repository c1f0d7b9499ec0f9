"""What was changed from a preset, in the fewest keys and words."""

from typing import Any

import pytest

from workbench.config import (
    change_config,
    changes_from,
    changes_in_words,
    flatten,
    section_variants,
    to_tables,
)
from workbench.config.changes import NOT_COMPARED
from workbench.config.presets import list_presets, load_preset
from workbench.config.run import RunConfig

CIFAR = "resnet/resnet18-cifar10"


def found(preset: str, changes: dict[str, Any]) -> dict[str, Any]:
    before, after = load_preset(preset), load_preset(preset, changes)
    return changes_from(flatten(to_tables(before)), flatten(to_tables(after)))


@pytest.mark.parametrize(
    ("preset", "changes", "words"),
    [
        (CIFAR, {}, ""),
        (CIFAR, {"data.name": "imagefolder"}, "data imagefolder"),
        (CIFAR, {"data.name": "imagefolder", "data.fit": "pad"}, "data imagefolder, fit pad"),
        (CIFAR, {"data.name": "imagefolder", "data.test": 0.3, "data.size": 64},
         "data imagefolder, data size 64, data test 0.3"),
        (CIFAR, {"optimizer.kind": "adam"}, "optimizer adam"),
        (CIFAR, {"optimizer.kind": "adam", "optimizer.lr": 0.01}, "optimizer adam, lr 0.01"),
        (CIFAR, {"schedule.kind": "constant"}, "schedule constant"),
        (CIFAR, {"model.kind": "torchvision"}, "model torchvision"),
        (CIFAR, {"model.kind": "torchvision", "model.name": "alexnet"},
         "model torchvision, model name alexnet"),
        ("zoo/torchvision-imagefolder", {"model.name": "alexnet"}, "model name alexnet"),
        ("detection/rpn-scenes", {"task.kind": "detection", "model.kind": "faster_rcnn"},
         "task detection, model faster_rcnn"),
        (CIFAR, {"train.steps": 500}, "steps 500"),
        (CIFAR, {"model.blocks": [2, 3, 3], "augment.hflip": 0.25}, "blocks 2-3-3, hflip 0.25"),
        (CIFAR, {"data.classes": 7, "data.root": "/x", "train.device": "cpu"}, ""),
        (CIFAR, {"train.deterministic": False, "train.channels_last": False},
         "channels_last off, deterministic off"),
    ],
)  # fmt: skip
def test_in_words(preset: str, changes: dict[str, Any], words: str) -> None:
    assert changes_in_words(found(preset, changes)) == words


@pytest.mark.parametrize("section", ["data", "optimizer", "schedule", "model"])
def test_making_the_changes_gives_the_run(section: str) -> None:
    base = load_preset(CIFAR)
    tag = "name" if section == "data" else "kind"
    for choice in section_variants(RunConfig, section):
        try:
            other = load_preset(CIFAR, {f"{section}.{tag}": choice, "train.seed": 3})
        except ValueError:
            continue  # a detector, or boxes: not for this preset
        changes = found(CIFAR, {f"{section}.{tag}": choice, "train.seed": 3})
        again = change_config(base, changes)
        before, after = flatten(to_tables(other)), flatten(to_tables(again))
        assert {k: v for k, v in before.items() if k not in NOT_COMPARED} == {
            k: v for k, v in after.items() if k not in NOT_COMPARED
        }
        assert changes["train.seed"] == 3
        before = flatten(to_tables(base))
        assert all(before.get(key) != value for key, value in changes.items())
        assert all(key in before for key in changes)  # and nothing that the choice brought


def test_a_preset_has_no_changes_from_itself() -> None:
    for info in list_presets():
        assert found(info.name, {}) == {}


def test_a_strangers_configuration_is_told_as_it_is() -> None:
    preset = flatten(to_tables(load_preset(CIFAR)))
    told = changes_from(preset, {**preset, "model.kind": "brain", "model.iq": [1, 2.5], "x.y": ""})
    assert changes_in_words(told) == "model brain, iq 1-2.5, y none"
