"""Event files opened by TensorBoard's own reader; foreign runs that come back the same."""

import os
from pathlib import Path

import pytest

from workbench.comparison.compared_run import read_compared_run
from workbench.errors import RequestError
from workbench.exports.foreign import import_run, read_csv
from workbench.exports.tables import export_csv
from workbench.exports.trackers import export_tensorboard
from workbench.runs.history.run_info import read_run
from workbench.runs.store.events import read_events
from workbench.runs.store.folder import RunFolder, find_run
from workbench.runs.store.record import read_record
from workbench.system.packages import need


def test_tensorboard_opens_the_events(finished: RunFolder, tmp_path: Path) -> None:
    reader = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    (file,) = export_tensorboard(finished, tmp_path / "tb")
    accumulator = reader.EventAccumulator(str(file.parent)).Reload()
    steps = [event for event in read_events(finished.metrics) if event["event"] == "step"]
    read = accumulator.Scalars("step/loss")
    assert [event.step for event in read] == [event["step"] for event in steps]
    assert [event.value for event in read] == pytest.approx([event["loss"] for event in steps])
    assert {"accuracy/train", "accuracy/validation", "accuracy/test", "step/lr"} <= set(
        accumulator.Tags()["scalars"]
    )


def test_a_run_that_went_through_tensorboard_is_the_same_curve(
    finished: RunFolder, tmp_path: Path
) -> None:
    pytest.importorskip("tensorboard")
    export_tensorboard(finished, tmp_path / "tb")
    foreign = import_run(tmp_path / "tb", tmp_path / "runs", "theirs")
    ours, theirs = (
        read_compared_run(finished),
        read_compared_run(find_run("theirs", tmp_path / "runs")),
    )
    assert theirs.info.status.name == "finished"
    for name in ("val_accuracy", "train_loss", "loss"):
        x, y = ours.curve(name, "step")
        assert theirs.curve(name, "step") == (x, pytest.approx(y, rel=1e-6))
    record = read_record(finished.record)["result"]
    imported = read_run(foreign)
    assert imported.config is None
    for key in ("best_val_accuracy", "test_accuracy"):
        assert imported.value("result", key) == pytest.approx(record[key], rel=1e-6)


def test_a_csv_of_ours_comes_back(finished: RunFolder, tmp_path: Path) -> None:
    export_csv(finished, tmp_path / "csv")
    import_run(tmp_path / "csv" / "epochs.csv", tmp_path / "runs", "theirs")
    ours, theirs = (
        read_compared_run(finished),
        read_compared_run(find_run("theirs", tmp_path / "runs")),
    )
    assert theirs.curve("val_accuracy", "epoch") == ours.curve("val_accuracy", "epoch")


def test_names_of_other_programs_are_made_ours(tmp_path: Path) -> None:
    file = tmp_path / "keras.csv"
    file.write_text("epoch,acc,val_acc,note\n1,0.5,0.4,x\n2,nan,0.6,\n")
    assert read_csv(file) == [
        {"epoch": 1, "train_accuracy": 0.5, "val_accuracy": 0.4},
        {"epoch": 2, "val_accuracy": 0.6},
    ]


@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"\xff\xfe\x00", b"", b"step\nx\n"])
def test_what_is_no_history_is_refused_by_its_name(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_bytes(content)
    with pytest.raises(RequestError, match=r"x\.csv"):
        import_run(file, tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_a_package_that_is_missing_is_named_with_its_extra() -> None:
    with pytest.raises(RequestError, match="extra 'wandb'"):
        need("no_such_package_of_ours", "wandb")


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", ["x.csv", "folder/events.out.tfevents.1"])
def test_a_pipe_is_refused_by_its_name(name: str, tmp_path: Path) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    os.mkfifo(tmp_path / name)
    with pytest.raises(RequestError, match=f"{name}: is a named pipe, not a file"):
        import_run(tmp_path / name.partition("/")[0], tmp_path / "runs")
    with pytest.raises(RequestError, match="gone: no such file or folder"):
        import_run(tmp_path / "gone", tmp_path / "runs")
    assert not (tmp_path / "runs").exists()
