"""The summary document."""

import json
from typing import Any

import pytest

from workbench.analysis import summarize
from workbench.config.presets import list_presets, load_preset
from workbench.errors import ConfigError

NAMES = [preset.name for preset in list_presets() if not preset.own]


@pytest.mark.parametrize("name", NAMES)
def test_columns_add_up_to_the_totals(name: str) -> None:
    summary = summarize(load_preset(name))
    layers = summary["layers"]

    assert sum(layer["params"] for layer in layers) == summary["params"]
    assert sum(layer["macs"] for layer in layers) == summary["macs"]
    assert sum(summary["macs_by_type"].values()) == summary["macs"]
    assert sum(layer["share"] for layer in layers) == pytest.approx(1)
    assert summary["uncounted"] == []


def test_the_document_is_json_with_the_keys_of_the_contract() -> None:
    summary = json.loads(json.dumps(summarize(load_preset("quick/digits"))))

    assert summary["preset"] == "quick/digits"
    assert summary["input"] == [1, 8, 8]
    assert {"params", "macs", "macs_by_type", "ptflops", "lr_per_epoch"} <= set(summary)
    assert {"conv", "linear"} <= set(summary["macs_by_type"])
    assert {"name", "type", "output_shape", "params", "macs"} <= set(summary["layers"][0])
    assert len(summary["lr_per_epoch"]) == 20


def test_a_preset_by_steps_lists_the_rate_of_each_step() -> None:
    rates = summarize(load_preset("smallnets/convnet-cifar10"))["lr_per_step"]

    assert len(rates) == 2000
    assert (rates[0], rates[-1]) == (pytest.approx(1e-3), pytest.approx(1e-4))


def test_a_projection_stands_after_the_main_branch() -> None:
    names = [layer["name"] for layer in summarize(load_preset("quick/digits"))["layers"]]
    block = [name for name in names if name.startswith("layer2.block1.")]

    assert [name.removeprefix("layer2.block1.") for name in block] == [
        "conv1", "norm1", "act1", "conv2", "norm2", "shortcut.conv", "shortcut.norm", "act2"
    ]  # fmt: skip


@pytest.mark.parametrize(("limit", "within"), [(5_000_000, True), (4_771_145, False)])
def test_budget(limit: int, within: bool) -> None:
    budget = summarize(load_preset("resnet/resnet-5m-cifar10"), limit)["budget"]

    assert budget["within"] is within
    assert budget["share"] == pytest.approx(4_771_146 / limit)


def test_another_input() -> None:
    config = load_preset("resnet/resnet20-cifar10")

    summary = summarize(config, input_shape=(1, 64, 32))

    assert summary["input"] == [1, 64, 32]
    assert summary["layers"][0]["output_shape"] == [16, 64, 32]
    assert summary["macs_by_type"]["conv"] == 2 * 40_550_400 - 64 * 32 * 9 * 2 * 16
    assert summary["params"] == 269_722 - 2 * 9 * 16


@pytest.mark.parametrize("shape", [(3, 8, 8), (3, 32, 40)])
def test_an_input_that_the_network_cannot_take(shape: tuple[int, int, int]) -> None:
    with pytest.raises(ConfigError, match=r"^model"):
        summarize(load_preset("simplenn/simplenn-cifar10"), input_shape=shape)


def test_a_changed_learning_rate_asks_for_no_new_count(monkeypatch: pytest.MonkeyPatch) -> None:
    config = load_preset("quick/digits")
    before = summarize(config)
    monkeypatch.setattr("workbench.analysis.layers.count", _refuse)

    after = summarize(load_preset("quick/digits", {"optimizer.lr": 0.5}))

    assert after["layers"] == before["layers"]
    assert after["lr_per_epoch"] != before["lr_per_epoch"]


def _refuse(*_: Any) -> None:
    raise AssertionError("counted again")
