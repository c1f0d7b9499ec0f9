"""What the shell offers: presets, runs and keys, by click's own completion."""

from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from workbench.cli.main import root
from workbench.config.presets import load_preset
from workbench.runs.live.launch import prepare


def offered(words: list[str], incomplete: str) -> list[str]:
    shell = ShellComplete(root, {}, "workbench", "_WORKBENCH_COMPLETE")
    return [item.value for item in shell.get_completions(words, incomplete)]


def test_presets_and_keys_of_the_preset() -> None:
    assert offered(["train"], "quick/") == ["quick/digits"]
    assert offered(["train", "quick/digits", "--set"], "optimizer.b") == [
        "optimizer.bias_lr_factor=",
        "optimizer.betas=",
    ]


def test_runs_of_the_folder_that_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(load_preset("quick/digits"), tmp_path / "a", "one")
    prepare(load_preset("quick/digits"), tmp_path / "b", "other")
    monkeypatch.setenv("WORKBENCH_RUNS", str(tmp_path / "a"))
    assert offered(["show"], "o") == ["one"]
    assert offered(["show", "--runs-dir", str(tmp_path / "b")], "") == ["other"]


def test_what_cannot_be_read_offers_nothing(tmp_path: Path) -> None:
    assert offered(["train", str(tmp_path / "no.toml"), "--set"], "optimizer") == []
    assert offered(["show", "--runs-dir", str(tmp_path / "none")], "") == []


def test_commands_too() -> None:
    assert "diagnose" in offered([], "di")
