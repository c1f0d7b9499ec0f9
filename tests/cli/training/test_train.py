"""``workbench train`` with the real worker, on the embedded digits made small."""

from pathlib import Path

import pytest
from PIL import Image

from tests.cli.conftest import Result, Workbench
from workbench.config import read_config
from workbench.config.presets import load_preset
from workbench.runs.history.follow import wait_until
from workbench.runs.store.folder import RunFolder

SMALL = ("--set", "model.blocks=[1]", "--set", "model.width=4", "--set", "train.threads=1")


@pytest.fixture
def small(workbench: Workbench, tmp_path: Path) -> Workbench:
    def train(*arguments: object) -> Result:
        return workbench("train", "quick/digits", *SMALL, "--runs-dir", tmp_path, *arguments)

    return train


def test_json_is_the_finished_record(
    small: Workbench, workbench: Workbench, tmp_path: Path
) -> None:
    result = small("--set", "train.epochs=2", "--name", "tiny", "--json", "--device", "cpu")
    assert result.status == 0
    assert result.document == workbench("show", tmp_path / "tiny", "--json").document
    assert result.document["run"]["status"] == "finished"
    assert 0 <= result.document["result"]["test_accuracy"] <= 1
    lines = result.err.splitlines()
    assert lines[0] == f"run tiny in {tmp_path / 'tiny'}"
    assert sum(line.startswith("epoch ") for line in lines) == 2
    assert lines[-1].startswith("run tiny finished")


def test_the_run_directory_repeats_the_request(small: Workbench, tmp_path: Path) -> None:
    assert small("--set", "train.epochs=1", "--name", "first").status == 0
    config = read_config(tmp_path / "first" / "config.toml")
    assert (config.train.epochs, config.model.width) == (1, 4)
    assert load_preset(tmp_path / "first" / "config.toml") == config


def test_detached_and_stopped(small: Workbench, workbench: Workbench, tmp_path: Path) -> None:
    started = small("--set", "train.epochs=10000", "--detach")
    assert started.status == 0 and started.err == ""
    (run,) = started.out.split()
    stopped = workbench("stop", run, "--runs-dir", tmp_path)
    assert stopped.status == 0, stopped.err
    document = workbench("show", run, "--runs-dir", tmp_path, "--json").document
    assert document["status"] == "stopped"


def test_detached_as_json(small: Workbench, workbench: Workbench, tmp_path: Path) -> None:
    started = small("--set", "train.epochs=1", "--detach", "--json", "--name", "one")
    assert started.document == {"id": "one", "path": str(tmp_path / "one")}
    ended = wait_until(RunFolder(tmp_path / "one"), frozenset(("finished",)), seconds=100)
    assert ended.name == "finished"


def test_a_failed_run_is_status_1(workbench: Workbench, tmp_path: Path) -> None:
    for name in ("cat", "dog"):  # images that only look like some
        folder = tmp_path / "data" / "train" / name
        folder.mkdir(parents=True)
        for number in range(4):
            (folder / f"{number}.png").write_bytes(b"no image at all")
    request = ("train", "simplenn/simplenn-cifar10", "--set", "data.name=imagefolder")
    result = workbench(*request, "--data", tmp_path / "data", "--runs-dir", tmp_path / "runs")
    assert result.status == 1 and result.out == ""
    last = result.err.splitlines()[-1]
    assert last.startswith("workbench: run ") and " failed: " in last
    assert "Traceback" not in result.err


def test_an_empty_split_is_refused_before_a_run_exists(
    workbench: Workbench, tmp_path: Path
) -> None:
    for name in "abc":
        (tmp_path / "data" / name).mkdir(parents=True)
        Image.new("RGB", (8, 8)).save(tmp_path / "data" / name / "1.png")
    folder = ("--set", "data.name=imagefolder", "--data", tmp_path / "data")
    for more in (folder, ("--set", "data.limit=15")):
        result = workbench("train", "quick/digits", "--runs-dir", tmp_path / "runs", *more)
        assert result.status == 2 and result.err.count("\n") == 1 and " class" in result.err
        assert not (tmp_path / "runs").exists()
