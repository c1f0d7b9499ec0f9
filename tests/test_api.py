"""The Python interface: names, laziness, and a training from start to record."""

import subprocess
import sys
from pathlib import Path

import pytest

import workbench
from workbench.errors import ConfigError, RequestError, RunError

TINY = {"train.epochs": 1, "model.blocks": [1], "model.width": 4, "train.threads": 1}


def test_every_name_is_there() -> None:
    assert all(getattr(workbench, name) is not None for name in workbench.__all__)
    assert dir(workbench) == list(workbench.__all__)
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        workbench.trian  # noqa: B018


def test_torch_comes_only_with_the_calls_that_need_it() -> None:
    code = (
        "import sys, workbench; config = workbench.load_preset('quick/digits'); workbench.train; "
        "workbench.RunConfig; workbench.__version__; assert 'torch' not in sys.modules; "
        "workbench.build_model(config); assert 'torch' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_build_and_summarize_agree() -> None:
    config = workbench.load_preset("quick/digits", {"model.blocks": [1], "model.width": 4})
    network = workbench.build_model(config)
    parameters = sum(tensor.numel() for tensor in network.parameters())
    assert workbench.summarize(config)["params"] == parameters


def test_train(tmp_path: Path) -> None:
    config = workbench.load_preset("quick/digits", TINY)
    record = workbench.train(config, runs_dir=tmp_path, name="tiny")
    assert record["status"] == record["run"]["status"] == "finished"
    assert record["path"] == str(tmp_path / "tiny")
    assert 0 <= record["result"]["test_accuracy"] <= 1
    assert record["result"]["params"] == workbench.summarize(config)["params"]
    assert len(record["result"]["weights_sha256"]) == 64


def test_a_training_that_fails_raises_its_reason(tmp_path: Path) -> None:
    changes = {"model.kind": "simplenn", "data.size": 16, "augment.crop": 16}
    steep = {"optimizer.kind": "sgd", "optimizer.lr": 100.0, "train.precision": "float32"}
    config = workbench.load_preset(
        "quick/digits", {**changes, **steep, "train.epochs": 5, "train.threads": 1}
    )
    with pytest.raises(RunError, match=r"run diverging failed: .*not finite"):
        workbench.train(config, runs_dir=tmp_path, name="diverging")


def test_what_is_refused_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.system.gpus.gpu_count", lambda: 0)
    config = workbench.load_preset("quick/digits", {"train.device": "cuda"})
    with pytest.raises(ConfigError, match=r"train\.device"):
        workbench.train(config, runs_dir=tmp_path / "runs")
    folder = workbench.load_preset("simplenn/simplenn-cifar10", {"data.name": "imagefolder"})
    with pytest.raises(RequestError, match="no such folder"):
        workbench.train(folder, runs_dir=tmp_path / "runs", data=tmp_path / "pictures")
    assert not (tmp_path / "runs").exists()


def test_a_worker_that_cannot_start_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "no-python"))
    with pytest.raises(RunError, match="cannot start a worker"):
        workbench.train(workbench.load_preset("quick/digits"), runs_dir=tmp_path / "runs")
    assert list((tmp_path / "runs").iterdir()) == []
