"""A worker that finds a split or a class empty ends with one line, whoever started it."""

from pathlib import Path

from PIL import Image

from workbench.config.fitting import resolve
from workbench.config.presets import load_preset
from workbench.runs.live.launch import prepare
from workbench.runs.store.events import read_events
from workbench.runs.store.record import read_record
from workbench.training.worker.main import main


def train(root: Path, runs: Path, counts: dict[str, int], broken: str = "") -> tuple[int, Path]:
    for name, count in counts.items():
        (root / name).mkdir(parents=True)
        for number in range(count):
            Image.new("RGB", (8, 8), (number, 0, 0)).save(root / name / f"{number}.png")
    if broken:
        (root / broken).write_bytes(b"broken")
    small = {"data.name": "imagefolder", "train.epochs": 1, "model.width": 4, "train.threads": 1}
    folder = prepare(resolve(load_preset("quick/digits", small), root), runs, "run")
    return main([str(folder.path)]), folder.path


def test_an_empty_split(tmp_path: Path) -> None:
    status, run = train(tmp_path / "data", tmp_path / "runs", {"a": 1, "b": 1, "c": 1})
    error = read_record(run / "record.toml")["error"]
    assert status == 1 and error == {
        "kind": "DataError",
        "message": f"{tmp_path / 'data'}: no image in validation (training 3, validation 0, "
        "test 0); it needs at least 1",
    }


def test_a_class_that_broken_files_empty(tmp_path: Path) -> None:
    counts = {"train/a": 5, "train/b": 2, "test/a": 1, "test/b": 1}
    status, run = train(tmp_path / "data", tmp_path / "runs", counts, broken="train/b/0.png")
    error = read_record(run / "record.toml")["error"]
    assert status == 1 and "traceback" not in error
    assert "no image of class 'b' in validation (training 1, validation 0" in error["message"]


def test_what_a_folder_leaves_out_itself_is_a_notice(tmp_path: Path) -> None:
    counts = {"train/a": 5, "train/b": 5, "test/a": 2}
    status, run = train(tmp_path / "data", tmp_path / "runs", counts)
    notices = [e["message"] for e in read_events(run / "metrics.jsonl") if e["event"] == "notice"]
    assert status == 0 and "no image of class 'b' in test" in notices
