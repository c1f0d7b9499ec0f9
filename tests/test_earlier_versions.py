"""Run folders that version 0.1.0 wrote open, resume and replay (``fixtures/runs_0_1``)."""

import shutil
from pathlib import Path

import pytest

from workbench.cli.main import run
from workbench.runs.history.run_info import as_json, read_run
from workbench.runs.store.events import read_events
from workbench.runs.store.folder import RunFolder

FIXTURES = Path(__file__).parent / "fixtures" / "runs_0_1"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A runs directory with a finished run, one that was stopped, and one that was killed."""
    return Path(shutil.copytree(FIXTURES, tmp_path / "runs", symlinks=True))


def epochs(folder: RunFolder) -> list[int]:
    return [event["epoch"] for event in read_events(folder.metrics) if event["event"] == "epoch"]


def test_they_open(old: Path) -> None:
    found = {
        name: as_json(read_run(RunFolder(old / name))) for name in ("finished", "stopped", "killed")
    }
    assert {name: run["status"] for name, run in found.items()} == {
        "finished": "finished", "stopped": "stopped", "killed": "crashed",
    }  # fmt: skip
    result = found["finished"]["result"]
    assert (result["params"], result["macs"], result["test_total"]) == (1382, 35152, 359)
    assert found["finished"]["config"]["model"]["width"] == 4
    assert found["stopped"]["changes"]["schedule.kind"] == "plateau"


@pytest.mark.parametrize("name", ["stopped", "killed"])
def test_they_resume(old: Path, name: str) -> None:
    folder = RunFolder(old / name)
    before = epochs(folder)
    assert run(["resume", name, "--follow", "--runs-dir", str(old)]) == 0
    assert epochs(folder)[: len(before) - 1] == before[:-1]
    assert epochs(folder) == list(range(1, 61))
    assert read_run(folder).status.name == "finished"


def test_they_replay(old: Path) -> None:
    assert run(["replay", "finished", "--verify", "--runs-dir", str(old)]) == 0


def test_they_are_compared_reported_and_evaluated(old: Path, tmp_path: Path) -> None:
    for arguments in (
        ["compare", "finished", "stopped", "killed"],
        ["report", "finished", "-o", str(tmp_path / "report.md")],
        ["evaluate", "finished", "--split", "validation"],
        ["show", "killed", "--log"],
        ["runs", "status:crashed"],
    ):
        assert run([*arguments, "--runs-dir", str(old)]) == 0
