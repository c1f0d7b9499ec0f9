"""A real cluster for the tests that are marked ``slurm``, and a place there."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.slurm.cluster import Cluster, why_none
from workbench.cli.main import run as run_command_line
from workbench.runs.places.schedulers import SCHEDULERS
from workbench.runs.places.slurm import Slurm

# Seven steps an epoch; the sizes keep a start of the worker the most of it.
TINY = {
    "train.batch_size": 200,
    "model.width": 8,
    "train.threads": 1,
    "train.device": "cpu",
    "train.precision": "float32",
}
PLACES = """\
[gpu]
kind = "slurm"
partition = "test"
cpus = 1
time = "20"
setup = ["export SET_UP=yes"]

[two]
kind = "slurm"
partition = "both"
nodes = 2
time = "20"
"""

Command = Callable[..., Any]


@pytest.fixture(scope="session")
def started_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One for the session: it takes a second to start."""
    if why := why_none():
        pytest.skip(why)
    cluster = Cluster(tmp_path_factory.mktemp("slurm"))
    cluster.start()
    yield cluster
    cluster.end()


@pytest.fixture
def cluster(
    started_cluster: Cluster, home: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Cluster]:
    """The cluster, with the place ``gpu`` defined; no job is left behind."""
    monkeypatch.setenv("SLURM_CONF", str(started_cluster.config))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    monkeypatch.setenv("WORKBENCH_JOBS", "4")
    monkeypatch.setitem(SCHEDULERS, "slurm", Slurm())
    config = home / "config"
    config.mkdir()
    (config / "places.toml").write_text(PLACES)
    yield started_cluster
    started_cluster.drain(False)
    started_cluster.run("scancel", "--me")


@pytest.fixture
def command(capfd: pytest.CaptureFixture[str]) -> Command:
    """Run a command that has to succeed with --json; gives the document."""

    def call(*arguments: object) -> Any:
        capfd.readouterr()
        status = run_command_line([*map(str, arguments), "--json"])
        out, err = capfd.readouterr()
        assert status == 0, err
        return json.loads(out)

    return call


def settings(**more: Any) -> list[str]:
    """TINY and more as switches of the command line."""
    changes = TINY | {key.replace("__", "."): value for key, value in more.items()}
    return [part for key, value in changes.items() for part in ("--set", f"{key}={value}")]
