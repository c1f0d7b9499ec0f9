"""``workbench tag``, ``delete``, ``restore``, ``archive`` and ``roots``."""

from pathlib import Path

from tests.cli.conftest import Workbench
from workbench.config.presets import load_preset
from workbench.runs.live.launch import prepare


def test_a_tag_is_kept_and_found(workbench: Workbench, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    for name in ("one", "two"):
        prepare(load_preset("quick/digits"), runs, name)
    tagged = workbench("tag", "one", "good", "--star", "--runs-dir", runs, "--json")
    assert tagged.document == {"id": "one", "tags": ["good"], "star": True, "note": ""}
    assert "good" in workbench("tag", "one", "--runs-dir", runs).out
    found = workbench("runs", "tag:good", "--runs-dir", runs, "--json").document
    assert [(row["id"], row["tags"], row["star"]) for row in found] == [("one", ["good"], True)]


def test_deleted_and_archived_runs_are_listed_and_come_back(
    workbench: Workbench, tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    for name in ("one", "two"):
        prepare(load_preset("quick/digits"), runs, name)
    assert workbench("delete", "one", "one", "--runs-dir", runs).status == 0
    assert workbench("archive", "two", "--runs-dir", runs).status == 0
    assert workbench("runs", "--runs-dir", runs, "--json").document == []
    aside = workbench("restore", "--runs-dir", runs, "--json").document
    assert [(row["id"], row["in"]) for row in aside] == [("one", "trash"), ("two", "archive")]
    assert workbench("restore", "one", "tw", "--runs-dir", runs).status == 0
    assert len(workbench("runs", "--runs-dir", runs, "--json").document) == 2
    assert workbench("restore", "one", "--runs-dir", runs).status == 2


def test_runs_of_another_disk_are_listed(workbench: Workbench, tmp_path: Path) -> None:
    runs, disk = tmp_path / "runs", tmp_path / "disk"
    prepare(load_preset("quick/digits"), disk, "far")
    assert workbench("roots", "--add", disk, "--runs-dir", runs).status == 0
    (row,) = workbench("runs", "--runs-dir", runs, "--json").document
    assert row["path"] == str(disk / "far")
    assert workbench("show", "far", "--runs-dir", runs).status == 0
    assert workbench("roots", "--remove", disk, "--runs-dir", runs).status == 0
    assert workbench("show", "far", "--runs-dir", runs).status == 2


def test_runs_of_several_disks_say_where_they_are_and_a_missing_one_is_said(
    workbench: Workbench, tmp_path: Path
) -> None:
    runs, disk = tmp_path / "runs", tmp_path / "disk"
    prepare(load_preset("quick/digits"), runs, "near")
    prepare(load_preset("quick/digits"), disk, "far")
    assert "ROOT" not in workbench("runs", "--runs-dir", runs).out
    assert workbench("roots", "--add", disk, "--runs-dir", runs).status == 0
    lines = workbench("runs", "--runs-dir", runs, "--sort", "id").out.splitlines()
    assert [line.split()[-1] for line in lines] == ["ROOT", "disk", "runs"]
    only = workbench("runs", f"root:{disk}", "--runs-dir", runs, "--json").document
    assert [row["id"] for row in only] == ["far"]
    disk.rename(tmp_path / "elsewhere")
    left = workbench("runs", "--runs-dir", runs, "--json")
    assert left.status == 0 and [row["id"] for row in left.document] == ["near"]
    assert f"{disk}: is not there now; its runs are skipped" in left.err
