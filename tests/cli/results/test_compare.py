"""``workbench compare`` on runs that were really trained."""

import csv
import shutil
from pathlib import Path

from tests.cli.conftest import Workbench
from workbench.runs.store.folder import RunFolder


def twin(run: RunFolder) -> Path:
    """The same run under another name, with another learning rate and a better test."""
    path = run.path.parent / "twin"
    shutil.copytree(run.path, path, symlinks=True)
    config, record = path / "config.toml", path / "record.toml"
    config.write_text(config.read_text().replace("lr = 0.004", "lr = 0.04"))
    lines = record.read_text().splitlines()
    lines = ["test_accuracy = 0.99" if line.startswith("test_accuracy") else line for line in lines]
    record.write_text("\n".join(lines))
    return path


def test_the_document_has_one_entry_a_run_everywhere(
    workbench: Workbench, finished: RunFolder
) -> None:
    other = twin(finished)
    result = workbench("compare", finished.path, other, "--against", "time", "--json")
    document = result.document
    assert result.status == 0
    assert [run["id"] for run in document["runs"]] == ["tiny", "twin"]
    assert document["config"] == {"optimizer.lr": [0.004, 0.04]}
    assert document["results"]["test_accuracy"]["best"] == [1]
    assert document["pareto"]["params"] == ["twin"]
    assert document["curves"]["against"] == "time"
    (x, *_), (y, *_) = (document["curves"]["val_accuracy"][0][axis] for axis in "xy")
    assert x > 0 and 0 <= y <= 1
    total = sum(rows[0]["params"] for rows in document["layers"].values())
    assert total == document["results"]["params"]["values"][0]


def test_the_table_marks_the_best_and_draws_the_curves(
    workbench: Workbench, finished: RunFolder
) -> None:
    result = workbench("compare", finished.path, twin(finished))
    assert "99.00% ★" in result.out and "optimizer.lr" in result.out
    assert "val accuracy, %" in result.out and "\x1b" not in result.out


def test_markdown_and_csv_hold_the_same_cells(workbench: Workbench, finished: RunFolder) -> None:
    other = twin(finished)
    markdown = workbench("compare", finished.path, other, "--format", "markdown").out
    rows = list(
        csv.reader(workbench("compare", finished.path, other, "--format", "csv").out.splitlines())
    )
    assert ["optimizer.lr", "0.004", "0.04"] in rows
    assert "| optimizer.lr | 0.004 | 0.04 |" in markdown


def test_one_run_or_the_same_one_twice_is_refused(
    workbench: Workbench, finished: RunFolder
) -> None:
    assert workbench("compare", finished.path).status == 2
    twice = workbench("compare", finished.path, finished.path)
    assert twice.status == 2 and "twice" in twice.err


def test_damaged_files_of_a_run_are_no_traceback(workbench: Workbench, finished: RunFolder) -> None:
    other = twin(finished)
    (other / "layers.json").write_text('{"layers": [{"name": 3}], "ptflops": {}}')
    (other / "record.toml").write_text("[result]\ntest_per_class = 3\nparams = 'x'\n[run]\n")
    (other / "metrics.jsonl").write_bytes(b'\xff\n{"event":"epoch","epoch":"x"}\n')
    for command in (("compare", finished.path, other, "--layers"), ("report", other, "-o", other)):
        result = workbench(*command)
        assert "Traceback" not in result.err
    assert workbench("compare", finished.path, other, "--json").status == 0
