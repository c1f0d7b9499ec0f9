"""``workbench doctor``: what it finds, and when it says that something is wrong."""

from pathlib import Path

import pytest
import torch

from tests.cli.conftest import Workbench
from workbench.cli.machine import machine_info as machine


def test_json(workbench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "data" / "cifar-10-batches-py").mkdir(parents=True)
    (tmp_path / "data" / "train").mkdir()
    result = workbench(
        "doctor", "--runs-dir", tmp_path / "runs", "--data", tmp_path / "data", "--json"
    )
    info = result.document
    assert result.status == 0 and info["ok"] and info["problems"] == []
    assert info["torch"]["threads"] == torch.get_num_threads()
    cpu = info["torch"]["devices"][0]
    assert cpu["device"] == "cpu" and 0 < cpu["memory_free"] < cpu["memory_total"]
    assert cpu["fast_precision"] in ("float32", "bfloat16")
    assert len(info["torch"]["devices"]) == 1 + torch.cuda.device_count()
    assert info["data"]["found"] == ["cifar10", "imagefolder"]
    assert info["runs_dir"]["writable"] and info["runs_dir"]["free_bytes"] > 0
    assert info["terminal"]["columns"] > 0
    assert info["presets"]["count"] >= 4
    assert not (tmp_path / "runs").exists()  # it looks, and leaves no trace


def test_text(workbench: Workbench) -> None:
    lines = workbench("doctor").out.splitlines()
    firsts = [line.split()[0] for line in lines]
    assert firsts[:4] == ["python", "system", "packages", "cpu"]
    assert "everything is in place" in lines


def test_a_runs_directory_that_cannot_be_written(workbench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = workbench("doctor", "--runs-dir", tmp_path / "file", "--json")
    assert result.status == 1 and not result.document["ok"]
    (problem,) = result.document["problems"]
    assert str(tmp_path / "file") in problem and "--runs-dir" in problem


def test_torch_and_torchvision_that_do_not_match(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = {"torch": "2.13.0+cpu", "torchvision": "0.29.2"}
    monkeypatch.setattr(machine, "_version", lambda name: versions.get(name, "1"))
    monkeypatch.setattr(machine, "requires", lambda _: ["numpy", "torch==2.14.1"])
    result = workbench("doctor")
    assert result.status == 1
    assert "✗ torchvision 0.29.2 needs torch 2.14.1, not 2.13.0" in result.out


@pytest.mark.parametrize(
    ("environment", "images", "colours"),
    [
        ({"TERM": "xterm-kitty", "COLORTERM": "truecolor"}, "kitty", 1 << 24),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, "sixel", 256),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "ghostty"}, "kitty", 256),
        ({"TERM": "foot"}, "sixel", 16),
        ({"TERM": "linux"}, "half-blocks", 16),
        ({"TERM": ""}, "half-blocks", 0),
    ],
)
def test_terminals(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], images: str, colours: int
) -> None:
    foreign = ("TERM_PROGRAM", "COLORTERM", "KITTY_WINDOW_ID", "TMUX", "STY")
    for name in (*foreign, "WORKBENCH_IMAGES", "WORKBENCH_SLOW_LINK"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    info = machine.terminal_info()
    assert (info["pictures"], info["colours"]) == (images, colours)


def test_a_wrong_request_for_images_is_one_line(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_IMAGES", "ascii")
    result = workbench("doctor")
    assert result.status == 2
    assert result.err.splitlines()[-1] == (
        "workbench: WORKBENCH_IMAGES=ascii: must be kitty, sixel or half-blocks"
    )
