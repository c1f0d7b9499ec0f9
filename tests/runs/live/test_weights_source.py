"""Where a new run's first weights are: named by an absolute path, and there."""

from pathlib import Path

import pytest

from workbench.config import RunConfig
from workbench.config.presets import load_preset
from workbench.errors import ConfigError
from workbench.runs.live.launch import prepare
from workbench.runs.live.weights_source import resolve_weights


def asking(weights: str) -> RunConfig:
    return load_preset("quick/digits", {"model.weights": weights})


def test_a_run_is_named_by_its_folder_and_must_have_weights(tmp_path: Path) -> None:
    folder = prepare(load_preset("quick/digits"), tmp_path, "first")
    with pytest.raises(ConfigError, match="first: this run has no weights"):
        resolve_weights(asking("run:first"), tmp_path)
    last = folder.checkpoints / "last"
    last.mkdir(parents=True)
    (last / "weights.safetensors").touch()
    for source in ("run:first", f"run:{folder.path}"):
        assert resolve_weights(asking(source), tmp_path).model.weights == f"run:{folder.path}"


def test_a_file_is_named_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("w.pth").touch()
    assert resolve_weights(asking("w.pth"), tmp_path).model.weights == str(tmp_path / "w.pth")
    Path("w.doc").touch()
    for wrong, words in (("gone.pth", "no such file"), ("w.doc", "is none of .safetensors")):
        with pytest.raises(ConfigError, match=words):
            resolve_weights(asking(wrong), tmp_path)
