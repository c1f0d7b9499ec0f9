"""Weights from files: every wrapper, what does not fit, and what must never run."""

import os
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from workbench.config.sections.models import SimpleNNModel, TimmModel
from workbench.errors import ConfigError
from workbench.models.weights import load_weights, normalisation_of, read_weights


def network(classes: int = 3) -> nn.Sequential:
    torch.manual_seed(classes)
    return nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5), nn.Linear(5, classes))


def state() -> dict[str, Tensor]:
    return {name: value + 1 for name, value in network().state_dict().items()}


def section(path: Path | str) -> SimpleNNModel:
    return SimpleNNModel(weights=str(path))


def wrapped(how: str) -> Any:
    plain = state()
    other = {name: torch.zeros_like(value) for name, value in plain.items()}
    return {
        "plain": plain,
        "module.": {f"module.{name}": value for name, value in plain.items()},
        "compiled": {f"_orig_mod.module.{name}": value for name, value in plain.items()},
        "state_dict": {"epoch": 3, "state_dict": plain},
        "trainer": {"model_state": {f"model.{name}": value for name, value in plain.items()}},
        "ema": {"state_dict": other, "state_dict_ema": plain},
        "half": {name: value.half() for name, value in plain.items()},
        "with more": {**{f"backbone.{n}": v for n, v in plain.items()}, "queue": torch.zeros(2)},
    }[how]


@pytest.mark.parametrize(
    "how", ["plain", "module.", "compiled", "state_dict", "trainer", "ema", "half", "with more"]
)
def test_wrappers_are_taken_off(tmp_path: Path, how: str) -> None:
    path = tmp_path / "w.pth"
    torch.save(wrapped(how), path)
    net = network()
    loaded = load_weights(net, section(path))
    assert loaded is not None and loaded.loaded == 9 and not loaded.other_shape
    for name, value in net.state_dict().items():
        torch.testing.assert_close(value, state()[name], rtol=2e-3, atol=2e-3)
        assert value.dtype == network().state_dict()[name].dtype


def test_a_head_of_another_width_is_made_anew(tmp_path: Path) -> None:
    save_file(state(), tmp_path / "w.safetensors")
    net, fresh = network(7), network(7)
    loaded = load_weights(net, section(tmp_path / "w.safetensors"))
    assert loaded is not None
    assert loaded.other_shape == ["2.weight 7×5, there 3×5", "2.bias 7, there 3"]
    assert torch.equal(net[2].weight, fresh[2].weight) and not torch.equal(
        net[0].weight, fresh[0].weight
    )
    assert "of another shape: 2.weight 7×5, there 3×5, 2.bias" in loaded.words
    assert len(loaded.sha256) == 64


def test_missing_and_unused_are_listed(tmp_path: Path) -> None:
    found = state()
    found["extra.weight"] = torch.zeros(1)
    del found["1.running_mean"]
    save_file(found, tmp_path / "w.safetensors")
    loaded = load_weights(network(), section(tmp_path / "w.safetensors"))
    assert loaded is not None
    assert (loaded.kept_new, loaded.unused) == (["1.running_mean"], ["extra.weight"])


class Hostile:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (self.path,)

    def __init__(self, path: str) -> None:
        self.path = path


def write(path: Path, how: str) -> None:
    if how == "hostile":
        path.write_bytes(pickle.dumps({"w": Hostile(str(path.parent / "ran"))}))
    elif how == "hostile zip":
        torch.save({"w": Hostile(str(path.parent / "ran"))}, path)
    elif how == "cut short":
        torch.save(state(), path)
        path.write_bytes(path.read_bytes()[:300])
    elif how == "empty":
        torch.save({"epoch": 3}, path)
    elif how == "another":
        torch.save({"conv.weight": torch.zeros(3)}, path)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("hostile", "could run code; save its state_dict alone"),
        ("hostile zip", "could run code; save its state_dict alone"),
        ("cut short", "cannot be read"),
        ("empty", "holds no tensors by name"),
        ("another", "nothing fits; it has conv.weight, …, the network 0.weight"),
        ("nothing", "no such file"),
    ],
)
def test_what_cannot_be_used_is_told_and_nothing_runs(tmp_path: Path, how: str, words: str) -> None:
    write(tmp_path / "w.pth", how)
    with pytest.raises(ConfigError) as error:
        load_weights(network(), section(tmp_path / "w.pth"))
    text = str(error.value)
    assert text.startswith("model.weights: ") and words in text and "\n" not in text
    assert not (tmp_path / "ran").exists()


def test_a_broken_safetensors_file(tmp_path: Path) -> None:
    (tmp_path / "w.safetensors").write_bytes(b"\x08" + b"\0" * 30)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_weights(tmp_path / "w.safetensors")


def test_networks_of_ours_have_no_pretrained_weights() -> None:
    with pytest.raises(ConfigError, match="simplenn has no pretrained weights"):
        load_weights(network(), section("pretrained"))
    assert load_weights(network(), SimpleNNModel()) is None


def test_normalisation_comes_with_a_packages_weights() -> None:
    pytest.importorskip("timm")
    model = TimmModel(name="tf_efficientnet_lite0", weights="pretrained")
    assert normalisation_of(model) == ([0.5, 0.5, 0.5], [0.5, 0.5, 0.5])
    assert normalisation_of(TimmModel()) is None
