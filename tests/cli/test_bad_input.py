"""Every wrong request: one clear line on stderr, status 2, nothing on stdout, nothing written."""

import errno
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Workbench

DIGITS = "quick/digits"


def refuse(workbench: Workbench, home: Path, *arguments: object) -> str:
    """Run a request that must be refused; gives the one line that it printed."""
    before = sorted(home.rglob("*"))
    result = workbench(*arguments)
    assert result.status == 2, result
    assert result.out == ""
    assert result.err.startswith("workbench: ") and result.err.count("\n") == 1
    assert "Traceback" not in result.err
    assert sorted(home.rglob("*")) == before
    return result.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "quick/digitz"], ["quick/digitz", "did you mean quick/digits?"]),
        (["train", "no/such.toml"], ["no/such.toml", "no such file"]),
        (["summary", "nothing-like-it-at-all"], ["nothing-like-it-at-all", "workbench presets"]),
        (["train", DIGITS, "--set", "optimizer.lrr=1"], ["optimizer.lrr", "optimizer.lr?"]),
        (["train", DIGITS, "--set", "optimiser.lr=1"], ["no section 'optimiser'", "optimizer"]),
        (["train", DIGITS, "--set", "optimizer.lr=-1"], ["optimizer.lr", "greater than 0", "-1"]),
        (["train", DIGITS, "--set", "optimizer.lr=fast"], ["optimizer.lr", "number", "'fast'"]),
        (["train", DIGITS, "--set", "optimizer.lr=nan"], ["optimizer.lr", "finite"]),
        (["train", DIGITS, "--set", "train.epochs=1.5"], ["train.epochs", "an integer"]),
        (["train", DIGITS, "--set", "train.epochs=0"], ["epochs", "1 or more"]),
        (["train", DIGITS, "--set", "train.batch_size=-3"], ["train.batch_size", "1"]),
        (["train", DIGITS, "--set", "model.blocks=[1,0]"], ["model.blocks[1]", "1"]),
        (["train", DIGITS, "--set", "model.kind=resnett"], ["model.kind", "did you mean 'resnet'"]),
        (["train", DIGITS, "--set", "optimizer.lr"], ["optimizer.lr", "KEY=VALUE"]),
        (["train", DIGITS, "--device", "gpu"], ["--device", "auto, cpu, cuda"]),
        (["train", DIGITS, "--name", "../out"], ["--name", "../out", "letters"]),
        (["import", "there.csv", "--name", "../out"], ["--name", "../out", "letters"]),
        (["evaluate", "nobody", "--device", "gpu"], ["--device", "auto, cpu, cuda"]),
        (["predict", "nobody", "x.png", "--device", "gpu"], ["--device", "auto, cpu, cuda"]),
        (["sweep", "lr-simplenn", "--device", "gpu"], ["--device", "auto, cpu, cuda"]),
        (["scale", DIGITS, "--depth", "0"], ["--depth", "above 0"]),
        (["runs", "--runs-dir", __file__], ["--runs-dir", "is a file"]),
        (["queue", "--runs-dir", __file__], ["--runs-dir", "is a file"]),
        (["summary", DIGITS, "--input", "3x32"], ["--input", "CxHxW"]),
        (["summary", DIGITS, "--input", "0x8x8"], ["--input", "CxHxW"]),
        (["summary", DIGITS, "--budget", "0"], ["--budget"]),
        (["summary", DIGITS, "--format", "pdf"], ["--format", "markdown"]),
        (["show", "nobody"], ["nobody", "workbench runs"]),
        (["stop", "no/such/folder"], ["no/such/folder", "config.toml"]),
        (["trian", DIGITS], ["trian", "--help"]),
        (["train"], ["PRESET"]),
        (["train", DIGITS, "--frobnicate"], ["--frobnicate"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value[0], str) else None,
)
def test_wrong_request(
    workbench: Workbench, home: Path, arguments: list[str], said: list[str]
) -> None:
    line = refuse(workbench, home, *arguments)
    assert all(part in line for part in said), line


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[model]\nkind = "resnet\n', ["line 2, column"]),
        ("[model]\nblocks = [1, 2\n\n[data]\n", ["line 4, column"]),
        ('[model]\nkind = "resnet"\nkind = "simplenn"\n', ["line 3, column"]),
        ('[model]\nkind = "resnet"\n', ["data", "missing"]),
        ("nothing here", ["line 1, column"]),
        ("model = 3\ndata = 4\n[train]\nepochs = 1\n", ["model"]),
    ],
)
def test_wrong_file(
    workbench: Workbench, home: Path, tmp_path: Path, text: str, said: list[str]
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    line = refuse(workbench, home, "train", path)
    assert all(part in line for part in [str(path), *said]), line


def test_file_that_is_no_text(workbench: Workbench, home: Path, tmp_path: Path) -> None:
    path = tmp_path / "image.toml"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\xff\xfe")
    assert "UTF-8" in refuse(workbench, home, "train", path)


def _missing(root: Path) -> None:
    pass


def _empty(root: Path) -> None:
    root.mkdir()


def _no_images(root: Path) -> None:
    for name in ("cat", "dog"):
        (root / "train" / name).mkdir(parents=True)
    (root / "train" / "cat" / "notes.txt").write_text("no image")


def _a_file(root: Path) -> None:
    root.write_text("no folder")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (_missing, "no such folder"),
        (_empty, "train/<class>/"),
        (_no_images, "class folder with no images"),
        (_a_file, "is a file"),
    ],
)
def test_data_that_is_not_there(
    workbench: Workbench, home: Path, tmp_path: Path, make: Callable[[Path], None], said: str
) -> None:
    root = tmp_path / "pictures"
    make(root)
    request = ("train", "simplenn/simplenn-cifar10", "--set", "data.name=imagefolder")
    line = refuse(workbench, home, *request, "--data", root)
    assert said in line and str(root) in line


def test_runs_directory_that_is_a_file(workbench: Workbench, home: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    line = refuse(workbench, home, "train", DIGITS, "--runs-dir", tmp_path / "file")
    assert "is a file" in line
    line = refuse(workbench, home, "train", DIGITS, "--runs-dir", tmp_path / "file" / "runs")
    assert str(tmp_path / "file" / "runs") in line


def test_a_full_disk_is_no_wrong_request(
    workbench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Path, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("workbench.runs.live.launch.write_atomically", full)
    result = workbench("train", DIGITS, "--runs-dir", tmp_path / "runs")
    assert (result.status, result.out) == (1, "")
    assert "No space left on device" in result.err and result.err.count("\n") == 1
    assert list((tmp_path / "runs").iterdir()) == []


def test_name_that_is_taken(workbench: Workbench, home: Path, tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    line = refuse(workbench, home, "train", DIGITS, "--runs-dir", tmp_path, "--name", "first")
    assert "first" in line and "is there" in line


def test_cuda_that_is_not_there(
    workbench: Workbench, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.system.gpus.gpu_count", lambda: 0)
    for request in (("--device", "cuda"), ("--set", "train.device=cuda:1")):
        line = refuse(workbench, home, "train", DIGITS, *request)
        assert "train.device" in line and "use auto or cpu" in line


def test_no_terminal_for_the_screen(workbench: Workbench, home: Path) -> None:
    assert "needs a terminal" in refuse(workbench, home)
