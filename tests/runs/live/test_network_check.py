"""Which networks are tried before a run exists, and what a trial's answer does."""

import sys
from typing import Any

import pytest

from workbench.config import RunConfig
from workbench.config.presets import load_preset
from workbench.errors import ConfigError
from workbench.runs.live import network_check
from workbench.runs.live.network_check import check_network


def answering(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    """Have a process of one line be the trial."""
    monkeypatch.setattr(network_check, "COMMAND", [sys.executable, "-c", line])


def config(**changes: Any) -> RunConfig:
    dotted = {key.replace("__", "."): value for key, value in changes.items()}
    return load_preset("resnet/resnet20-cifar10", dotted)


@pytest.mark.parametrize("changes", [{"model__weights": "x.pth"}, {"model__freeze": ["stem"]}])
def test_weights_and_frozen_parts_are_tried(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    words = '{"problems": {"model.weights": "fits nothing"}}'
    answering(monkeypatch, f"print({words!r}); raise SystemExit(1)")
    with pytest.raises(ConfigError, match="fits nothing"):
        check_network(config(**changes))


def test_a_network_of_ours_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network_check, "COMMAND", ["/nowhere/at/all"])
    plain = config()
    assert check_network(plain) is plain


def test_mean_and_std_of_the_weights_are_taken_where_none_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = '{"changes": {"data.mean": [0.1, 0.2, 0.3], "data.std": [0.4, 0.5, 0.6]}}'
    answering(monkeypatch, f"print({said!r})")
    found = check_network(config(model__weights="x.pth"))
    assert (found.data.mean, found.data.std) == ([0.1, 0.2, 0.3], [0.4, 0.5, 0.6])
    own = config(model__weights="x.pth", data__mean=[0.5] * 3, data__std=[0.5] * 3)
    assert check_network(own) == own
