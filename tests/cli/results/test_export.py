"""``workbench export`` and ``workbench import``: where files go, and what is refused."""

from pathlib import Path

import pytest

from tests.cli.conftest import Workbench
from workbench.runs.store.folder import RunFolder


def test_the_files_that_were_written_are_said(
    workbench: Workbench, finished: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = workbench("export", finished.path, "--format", "json", "--json")
    assert result.document["files"] == ["tiny-run.json"]
    assert (tmp_path / "tiny-run.json").is_file()


def test_a_file_where_a_folder_is_wanted_is_refused(
    workbench: Workbench, finished: RunFolder, tmp_path: Path
) -> None:
    (tmp_path / "there").touch()
    result = workbench("export", finished.path, "--format", "csv", "-o", tmp_path / "there")
    assert result.status == 2 and "writes a folder" in result.err


def test_an_imported_run_is_listed(workbench: Workbench, tmp_path: Path) -> None:
    file = tmp_path / "theirs.csv"
    file.write_text("epoch,val_accuracy,train_loss\n1,0.5,2.0\n2,0.7,1.0\n")
    runs = tmp_path / "runs"
    made = workbench("import", file, "--runs-dir", runs, "--json")
    shown = workbench("show", made.document["id"], "--runs-dir", runs, "--json")
    assert shown.document["status"] == "finished"
    assert shown.document["result"]["best_val_accuracy"] == 0.7
    assert workbench("resume", made.document["id"], "--runs-dir", runs).status == 1
