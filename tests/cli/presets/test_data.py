"""``workbench data``: what a data set holds."""

import os
from pathlib import Path

from PIL import Image

from tests.cli.conftest import Workbench


def test_the_digits(workbench: Workbench) -> None:
    found = workbench("data", "quick/digits", "--json").document
    assert found["classes"] == [str(n) for n in range(10)]
    assert [sum(found["counts"][split]) for split in ("train", "validation", "test")] == [
        1295,
        143,
        359,
    ]
    assert found["shape"] == [1, 8, 8] and len(found["mean"]) == 1


def test_a_folder_with_a_broken_file(workbench: Workbench, tmp_path: Path) -> None:
    for name, count in (("ant", 20), ("[bee]", 10)):
        (tmp_path / "images" / name).mkdir(parents=True)
        for number in range(count):
            Image.new("RGB", (9, 9), (number, 0, 0)).save(
                tmp_path / "images" / name / f"{number}.png"
            )
    (tmp_path / "images" / "ant" / "0.png").write_bytes(b"broken")
    told = workbench(
        "data", "quick/digits", "--set", "data.name=imagefolder", "--data", tmp_path / "images"
    )
    assert told.status == 0
    assert "of 3×8×8, 2 classes" in told.out
    rows = {line.split()[0]: line.split()[1:] for line in told.out.splitlines() if line}
    assert sum(map(int, rows["[bee]"])) == 10 and sum(map(int, rows["ant"])) == 19
    assert "  ant/0.png: is no image that Pillow can read" in told.out
    assert "decoding images" in told.err and "decoding" not in told.out


def test_data_that_is_not_there(workbench: Workbench, tmp_path: Path) -> None:
    told = workbench(
        "data", "quick/digits", "--set", "data.name=imagefolder", "--data", tmp_path / "none"
    )
    assert told.status == 2 and "no such folder" in told.err and told.err.count("\n") == 1


def tree(root: Path, counts: dict[str, int]) -> Path:
    for name, count in counts.items():
        (root / name).mkdir(parents=True)
        for number in range(count):
            Image.new("RGB", (9, 9), (number, 0, 0)).save(root / name / f"{number}.png")
    return root


def test_a_split_that_is_empty_is_shown_and_refused(workbench: Workbench, tmp_path: Path) -> None:
    root = tree(tmp_path / "data", {"a": 1, "b": 1, "c": 1})
    told = workbench("data", "quick/digits", "--set", "data.name=imagefolder", "--data", root)
    assert told.status == 2 and "3 + 0 + 0 images" in told.out
    assert told.err.splitlines()[-1] == (
        f"workbench: {root}: class 'a' has 1 image and needs at least 3, one each for training, "
        "validation and test (likewise 2 more classes); add images"
    )


def test_what_is_passed_over_is_listed(workbench: Workbench, tmp_path: Path) -> None:
    root = tree(tmp_path / "data", {"a": 3, "b": 3, "__MACOSX": 1})
    os.mkfifo(root / "a" / "x.png")
    told = workbench("data", "quick/digits", "--set", "data.name=imagefolder", "--data", root)
    assert told.status == 0 and "2 classes" in told.out and "skipped: 2" in told.out
    assert "  a/x.png: is a named pipe, not a file" in told.out
    assert "  __MACOSX: left behind by" in told.out


def test_boxes_are_counted_too(workbench: Workbench) -> None:
    few = ("--set", "data.source=digits", "--set", "data.scenes=20")
    told = workbench("data", "detection/rpn-scenes", *few)
    assert told.status == 0 and "scenes: 20 + 2 + 6 images" in told.out
    assert "note: no image of class '0' in validation" in told.err
