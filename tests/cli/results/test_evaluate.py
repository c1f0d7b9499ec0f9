"""``workbench evaluate`` on a run that was really trained."""

import json
from pathlib import Path

from tests.cli.conftest import Workbench
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.record import read_record


def test_the_records_accuracy_comes_out_again_exactly(
    workbench: Workbench, finished: RunFolder
) -> None:
    result = workbench("evaluate", finished.path, "--json")
    recorded = read_record(finished.record)["result"]
    assert result.status == 0
    assert result.document["test_accuracy"] == recorded["test_accuracy"]
    assert result.document["test_top3_accuracy"] == recorded["test_top3_accuracy"]
    assert result.document["results"][0]["correct"] == recorded["test_correct"]
    assert result.document["same_data"] is True


def test_a_range_of_crops_gives_a_row_each_and_is_kept_beside_the_run(
    workbench: Workbench, finished: RunFolder
) -> None:
    result = workbench("evaluate", finished.path, "--crop", "4:12:2", "--json")
    document = result.document
    assert [row["crop"] for row in document["results"]] == [4, 6, 8, 10, 12]
    own = next(row for row in document["results"] if row["crop"] == 8)
    assert own["accuracy"] == read_record(finished.record)["result"]["test_accuracy"]
    assert document["best"]["accuracy"] == max(row["accuracy"] for row in document["results"])
    assert json.loads(Path(document["path"]).read_text())["results"] == document["results"]


def test_the_table_marks_the_best_crop_and_the_plot_follows(
    workbench: Workbench, finished: RunFolder
) -> None:
    result = workbench("evaluate", finished.path, "--crop", "6:8")
    assert "best" in result.out and "trained for" in result.out
    assert "test crop, px" in result.out and "\x1b" not in result.out


def test_the_validation_images_give_the_recorded_validation_accuracy(
    workbench: Workbench, finished: RunFolder
) -> None:
    result = workbench("evaluate", finished.path, "--split", "validation", "--json")
    recorded = read_record(finished.record)["result"]["final_val_accuracy"]
    assert result.document["validation_accuracy"] == recorded


def test_changed_weights_are_refused_in_one_line(workbench: Workbench, finished: RunFolder) -> None:
    weights = (finished.checkpoints / "last").resolve() / "weights.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    result = workbench("evaluate", finished.path)
    assert result.status == 1
    assert "is not what was written" in result.err and "Traceback" not in result.err


def test_a_wrong_crop_is_a_wrong_request(workbench: Workbench, finished: RunFolder) -> None:
    result = workbench("evaluate", finished.path, "--crop", "0:3")
    assert result.status == 2 and "--crop" in result.err
