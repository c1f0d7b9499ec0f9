"""Whether a CUDA device can be there, evaluated from the driver's files and the environment."""

from pathlib import Path

import pytest

from workbench.errors import ConfigError
from workbench.system import gpus


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in ("0000:01:00.0", "0000:02:00.0"):
        (tmp_path / "gpus" / name).mkdir(parents=True)
    (tmp_path / "dev").mkdir()
    monkeypatch.setattr(gpus, "PROC", tmp_path / "gpus")
    monkeypatch.setattr(gpus, "DEVICES", tmp_path / "dev")
    monkeypatch.setattr(gpus, "torch_is_cpu_only", lambda: False)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return tmp_path


def test_what_needs_no_gpu_can_always_be_had(two_gpus: Path) -> None:
    assert gpus.why_no_cuda("auto") == gpus.why_no_cuda("cpu") == ""


def test_the_gpus_that_are_there(two_gpus: Path) -> None:
    assert gpus.why_no_cuda("cuda") == gpus.why_no_cuda("cuda:1") == ""
    assert gpus.why_no_cuda("cuda:2") == "there is cuda:0 to cuda:1"


@pytest.mark.parametrize(
    ("listed", "left"),
    [("0,1", 2), ("1", 1), ("", 0), ("-1", 0), ("1,-1,0", 1), ("7", 0), ("GPU-8f3a,MIG-1", 2)],
)
def test_the_gpus_that_the_environment_leaves(
    two_gpus: Path, monkeypatch: pytest.MonkeyPatch, listed: str, left: int
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", listed)
    assert gpus.visible_count(2) == left
    assert bool(gpus.why_no_cuda("cuda:0")) == (left == 0)
    assert bool(gpus.why_no_cuda("cuda:1")) == (left < 2)


def test_device_files_tell_where_the_driver_does_not(
    two_gpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpus, "PROC", two_gpus / "nothing")
    assert gpus.gpu_count() == 0
    for name in ("nvidia0", "nvidiactl", "nvidia-uvm"):
        (two_gpus / "dev" / name).touch()
    assert gpus.gpu_count() == 1


def test_where_only_torch_can_tell_nothing_is_refused(two_gpus: Path) -> None:
    (two_gpus / "dev" / "kfd").touch()
    assert gpus.gpu_count() is None
    gpus.check_device("cuda:5")


def test_a_torch_for_the_cpu_only(two_gpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpus, "torch_is_cpu_only", lambda: True)
    with pytest.raises(ConfigError, match=r"train\.device: no cuda: .* CPU only; use auto or cpu"):
        gpus.check_device("cuda")
