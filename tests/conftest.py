"""What every test has: folders of its own in place of the user's, and no GPU.

Tests mean the CPU, whatever ``auto`` would choose, so a session hides every GPU from itself and
from the workers that it starts. Only ``pytest -m gpu`` leaves them; it runs the tests marked
``gpu`` and nothing else.
"""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import workbench
from workbench.runs.store.folder import RunFolder

# The same examples each time, and none refused because the machine is busy.
settings.register_profile(
    "steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")


def pytest_configure(config: pytest.Config) -> None:
    """Hide the GPUs before torch is imported: it looks for them once."""
    if config.getoption("-m") != "gpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what needs a GPU where they are hidden, and where there is none."""
    reason = "needs a GPU: pytest -m gpu"
    if config.getoption("-m") == "gpu":
        import torch

        reason = "" if torch.cuda.is_available() else "this machine has no GPU"
    for item in items:
        if reason and item.get_closest_marker("gpu"):
            item.add_marker(pytest.mark.skip(reason=reason))


TINY = {"train.epochs": 1, "train.batch_size": 256, "model.width": 4, "train.device": "cpu"}


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home; no test reads or writes the presets, runs, data or cache of who runs it."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.delenv("WORKBENCH_DATA", raising=False)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("WORKBENCH_IMAGES", "half-blocks")  # whatever terminal this is
    for name in ("RUNS", "PRESETS", "CACHE", "STATE", "CONFIG"):
        monkeypatch.setenv(f"WORKBENCH_{name}", str(folder / name.lower()))
    return folder


@pytest.fixture(autouse=True)
def signals_restored() -> Iterator[None]:
    """A worker that runs inside the test takes the signals over; give them back."""
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(scope="session")
def trained_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of quick/digits, small and of one epoch, trained by a worker once a session."""
    root = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_STATE", str(root / "state"))  # no queueing behind the user's runs
        workbench.train(workbench.load_preset("quick/digits", TINY), root, name="tiny")
    return root / "tiny"


@pytest.fixture
def finished(trained_once: Path, tmp_path: Path) -> RunFolder:
    """A copy of that finished run, of the test's own: ``tmp_path/runs/tiny``."""
    path = tmp_path / "runs" / "tiny"
    shutil.copytree(trained_once, path, symlinks=True)
    return RunFolder(path)
