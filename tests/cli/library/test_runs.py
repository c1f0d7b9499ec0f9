"""``workbench runs`` and ``workbench show`` on records of every kind."""

from pathlib import Path

import pytest

from tests.cli.conftest import Scripted, Workbench
from workbench.cli.console.watching import watch
from workbench.config.presets import load_preset
from workbench.runs.live.launch import prepare
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.record import write_record


@pytest.fixture
def finished(home: Path) -> RunFolder:
    config = load_preset("quick/digits", {"optimizer.lr": 0.5})
    folder = prepare(config, home / "runs", "digits-done")
    run = {"id": folder.id, "preset": "quick/digits", "status": "finished", "seconds": 75.0}
    run["started"] = "2026-01-02T03:04:05+00:00"
    result = {"test_accuracy": 0.987, "best_val_accuracy": 0.991, "params": 77_290, "macs": 1}
    write_record(folder.record, {"run": run, "result": result, "data": {"name": "digits"}})
    return folder


def test_runs(workbench: Workbench, finished: RunFolder) -> None:
    heading, row = workbench("runs").out.splitlines()
    assert heading.split()[:3] == ["RUN", "STATUS", "PRESET"]
    for part in ("digits-done", "finished", "99.1 %", "98.7 %", "77,290", "1m 15s"):
        assert part in row
    assert "2026-01-02 03:04" in row and row.endswith("lr 0.5")


def test_json(workbench: Workbench, finished: RunFolder) -> None:
    (listed,) = workbench("runs", "--json").document
    shown = workbench("show", "digits", "--json").document
    for section in ("run", "result"):
        same = listed[section].keys() & shown[section].keys()
        assert len(same) >= 4
        assert all(listed[section][key] == shown[section][key] for key in same)
    assert (listed["id"], listed["path"]) == (shown["id"], shown["path"])
    assert shown["run"]["status"] == shown["status"] == "finished"
    assert shown["result"]["test_accuracy"] == 0.987
    assert shown["changes"] == {"optimizer.lr": 0.5}
    assert shown["config"]["optimizer"]["lr"] == 0.5


def test_show(workbench: Workbench, finished: RunFolder) -> None:
    out = workbench("show", finished.path).out
    assert "test accuracy" in out and "98.7 %" in out
    assert str(finished.path) in out


def test_no_runs_yet(workbench: Workbench) -> None:
    empty = workbench("runs")
    assert (empty.status, empty.out) == (0, "") and "workbench train quick/digits" in empty.err
    assert workbench("runs", "--json").document == []


def test_a_prefix_that_fits_two_runs(workbench: Workbench, finished: RunFolder) -> None:
    prepare(load_preset("quick/digits"), finished.path.parent, "digits-other")
    result = workbench("show", "digits")
    assert result.status == 2 and "digits-done, digits-other" in result.err


def test_a_crashed_run_says_why(workbench: Workbench, scripted: Scripted) -> None:
    folder = scripted("crash")
    assert watch(folder, json_document=False) == 1
    out = workbench("show", folder.path).out
    assert "crashed" in out and "a library fell over" in out
    document = workbench("show", folder.path, "--json").document
    assert document["run"]["status"] == "crashed"  # the file still says running
    assert 'status = "running"' in folder.record.read_text()


def test_records_of_a_stranger(workbench: Workbench, finished: RunFolder) -> None:
    finished.record.write_text(
        '[run]\nid = "x\\u001b[2J"\nstatus = "finished"\nstarted = 2026-01-02\nseconds = nan\n'
        "[result]\ntest_accuracy = inf\nparams = [1]\n"
    )
    for command in (["runs"], ["show", "digits"]):
        result = workbench(*command)
        assert result.status == 0 and "\x1b" not in result.out
    assert workbench("show", "digits", "--json").document["result"]["test_accuracy"] is None
    finished.record.write_text("this is no TOML")
    finished.config.write_text("nor is this")
    assert workbench("runs").status == 0
    assert "not valid TOML" in workbench("show", "digits").out


@pytest.fixture
def three(home: Path) -> Path:
    for name, lr, accuracy in (("a", 0.1, 0.5), ("b", 0.2, None), ("c", 0.3, 0.9)):
        config = load_preset("quick/digits", {"optimizer.lr": lr})
        folder = prepare(config, home / "runs", name)
        run = {"id": name, "status": "finished", "started": f"2026-01-0{ord(name) - 96}T00:00:00"}
        write_record(folder.record, {"run": run, "result": {"best_val_accuracy": accuracy}})
    return home / "runs"


@pytest.mark.parametrize(
    ("arguments", "ids"),
    [
        ([], "cba"),
        (["--reverse"], "abc"),
        (["--sort", "val"], "cab"),
        (["--sort", "val", "--reverse"], "acb"),
        (["--sort", "id", "--limit", "2"], "ab"),
        (["acc>0.6"], "c"),
        (["lr<0.25", "digits"], "ba"),
        (["status:crashed"], ""),
    ],
)
def test_filters_and_order(
    workbench: Workbench, three: Path, arguments: list[str], ids: str
) -> None:
    listed = workbench("runs", *arguments, "--json").document
    assert "".join(run["id"] for run in listed) == ids


def test_wrong_filters(workbench: Workbench, three: Path) -> None:
    wrong = workbench("runs", "acuracy>0.5")
    assert wrong.status == 2 and "did you mean accuracy" in wrong.err
    none = workbench("runs", "nothing-like-this")
    assert (none.status, none.out) == (0, "") and "nothing-like-this" in none.err
