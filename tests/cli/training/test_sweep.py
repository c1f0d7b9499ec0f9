"""``workbench sweep`` as far as it trains nothing; training is in tests/sweeps."""

from pathlib import Path

import pytest

from tests.cli.conftest import Workbench
from workbench.sweeps.config import build_sweep
from workbench.sweeps.folder import open_sweep, store


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "rates.toml"
    path.write_text('preset = "quick/digits"\nseeds = [0, 1]\n[grid]\noptimizer.lr = [0.1, 0.2]\n')
    return path


def test_installed_sweeps_are_listed(workbench: Workbench) -> None:
    found = workbench("sweep", "--list", "--json").document
    assert {"blocks-cifar10", "groups-bottleneck", "lr-simplenn"} <= {one["name"] for one in found}


def test_a_plan_says_which_runs_there_would_be_and_begins_none(
    workbench: Workbench, file: Path, tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    result = workbench("sweep", file, "--plan", "--runs-dir", runs, "--json")
    assert result.document["total"] == 4 and result.document["seconds"] is None
    assert [run["changes"] for run in result.document["runs"]] == [
        {"optimizer.lr": value} for value in (0.1, 0.1, 0.2, 0.2)
    ]
    assert not runs.exists()
    table = workbench("sweep", file, "--plan", "--runs-dir", runs)
    assert "waiting" in table.out and "4 runs" in table.err


def test_the_table_of_a_begun_sweep_has_its_rows(workbench: Workbench, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    sweep = build_sweep({"preset": "quick/digits", "grid": {"optimizer.lr": [0.1, 0.2]}})
    store(open_sweep("mine", runs), sweep)
    document = workbench("sweep", "mine", "--table", "--runs-dir", runs, "--json").document
    assert (document["total"], document["finished"], document["best"]) == (2, 0, None)
    assert [row["statuses"] for row in document["rows"]] == [[""], [""]]
    # As it was started, with the name that it was given then.
    again = ("sweep", "lr-simplenn", "--name", "mine", "--table", "--runs-dir", runs, "--json")
    assert workbench(*again).document == document


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "name a SWEEP.toml"),
        (("no-such-sweep",), "no sweep 'no-such-sweep'"),
        (("gone.toml",), "No such file"),
        (("lr-simplenn", "--resume"), "has begun"),
        (("lr-simplenn", "--name", "../x"), "Invalid value for '--name'"),
        (("lr-simplenn", "--plan", "--set", "train.epoch=1"), "train.epoch"),
    ],
)
def test_a_wrong_request_is_one_line(
    workbench: Workbench, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    result = workbench("sweep", *arguments, "--runs-dir", tmp_path / "runs")
    assert result.status == 2 and words in result.err and result.err.count("\n") == 1


@pytest.mark.parametrize("detach", [(), ("--detach",)])
def test_a_run_whose_data_is_too_small_is_refused_before_any_begins(
    workbench: Workbench, tmp_path: Path, detach: tuple[str, ...]
) -> None:
    file = tmp_path / "limits.toml"
    file.write_text('preset = "quick/digits"\n[grid]\ndata.limit = [256, 15]\n')
    result = workbench("sweep", file, *detach, "--runs-dir", tmp_path / "runs")
    assert result.status == 2 and "data.limit: 15 leaves 1 image" in result.err
    assert result.err.count("\n") == 1 and not (tmp_path / "runs").exists()
