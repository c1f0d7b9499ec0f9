"""Boxes in Pascal VOC's and YOLO's files: read right, cut at the border, refused in one line."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from workbench.config import RunConfig, build_config
from workbench.config.split_check import resolve_to_train
from workbench.data import DataSet, load_data
from workbench.errors import DataError


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Decoded images go below ``tmp_path``."""
    monkeypatch.setenv("WORKBENCH_CACHE", str(tmp_path / "cache"))


def config(name: str, **data: Any) -> RunConfig:
    return build_config(
        {
            "task": {"kind": "detection"},
            "model": {"kind": "torchvision_detector"},
            "data": {"name": name, "size": 64, **data},
            "train": {"steps": 1},
        }
    )


def load(name: str, root: Path, **data: Any) -> DataSet:
    return load_data(resolve_to_train(config(name, **data), root))


def objects(*boxes: tuple[str, int, int, int, int], more: str = "") -> str:
    return "".join(
        f"<object><name>{name}</name>{more}<bndbox><xmin>{left}</xmin><ymin>{top}</ymin>"
        f"<xmax>{right}</xmax><ymax>{bottom}</ymax></bndbox></object>"
        for name, left, top, right, bottom in boxes
    )


TWO = objects(("dog", 1, 1, 64, 64), ("car", 49, 17, 80, 48))  # of 128×64: left half, and a middle


def voc(root: Path, numbers: range, content: str = TWO) -> None:
    for folder in ("Annotations", "JPEGImages", "ImageSets/Main"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for number in numbers:
        Image.new("RGB", (128, 64), (number, 0, 0)).save(root / "JPEGImages" / f"{number:03}.png")
        text = (
            f"<annotation><size><width>128</width><height>64</height></size>{content}</annotation>"
        )
        (root / "Annotations" / f"{number:03}.xml").write_text(text)


def lists(root: Path, **names: range) -> None:
    for name, numbers in names.items():
        text = "".join(f"{number:03} 1\n" for number in numbers)
        (root / "ImageSets" / "Main" / f"{name}.txt").write_text(text)


def test_voc_boxes_follow_their_images(tmp_path: Path) -> None:
    voc(tmp_path, range(10))
    lists(tmp_path, train=range(5), val=range(5, 8), test=range(8, 10))
    data = load("voc", tmp_path)
    assert data.classes == ("car", "dog")
    assert [data.size(split) for split in data.splits] == [5, 3, 2]
    _, targets = data.test.batch(torch.arange(2))
    assert targets["label"].tolist() == [[1, 0]] * 2  # the larger first
    # Halved, and 16 rows of padding above.
    assert targets["box"][0].tolist() == [[16, 32, 32, 32], [32, 32, 16, 16]]


def test_voc_without_lists_is_split_by_the_seed(tmp_path: Path) -> None:
    voc(tmp_path, range(10))
    data = load("voc", tmp_path)
    assert [data.size(split) for split in data.splits] == [7, 1, 2]


def test_voc_boxes_are_cut_and_empty_ones_listed(tmp_path: Path) -> None:
    voc(tmp_path, range(9))
    beyond = objects(("dog", -9, 1, 64, 90), ("dog", 5, 5, 5, 9), ("dog", 300, 1, 310, 9))
    voc(tmp_path, range(9, 10), beyond)
    voc(tmp_path, range(10, 11), objects(("dog", 0, 0, 0, 0)))
    voc(tmp_path, range(11, 12), objects(("dog", 1, 1, 9, 9), more="<difficult>1</difficult>"))
    lists(tmp_path, train=range(8), test=range(8, 12))
    data = load("voc", tmp_path)
    assert data.size("test") == 2
    _, targets = data.test.batch(torch.arange(2))
    assert targets["box"][1].tolist() == [[16, 32, 32, 32], [0, 0, 0, 0]]
    assert data.skipped == [
        ("JPEGImages/009.png", "2 of its boxes are empty"),
        ("JPEGImages/010.png", "1 of its boxes is empty"),
        ("JPEGImages/010.png", "has no box"),
        ("JPEGImages/011.png", "has no box"),
    ]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("<object>", "000.xml: not valid XML"),
        (objects(("dog", 1, 1, 9, 9)).replace(">9<", ">nan<"), "bndbox/xmax is 'nan'"),
        (objects(("", 1, 1, 9, 9)), "an object has no name"),
    ],
)
def test_a_wrong_annotation_is_one_line(tmp_path: Path, content: str, why: str) -> None:
    voc(tmp_path, range(1, 9))
    voc(tmp_path, range(1), content)
    with pytest.raises(DataError) as raised:
        load("voc", tmp_path)
    assert why in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"<!DOCTYPE a><a/>", "has a DOCTYPE"),
        ('<!DOCTYPE a [<!ENTITY e "cat">]><a>&e;</a>'.encode("utf-16"), "has a DOCTYPE"),
        (b'<?xml version="1.0" encoding="nonsense"?><a/>', "not valid XML: unknown encoding"),
        (b'<?xml version="1.0" encoding="gbk"?><a/>', "not valid XML: multi-byte encodings"),
    ],
)
def test_a_doctype_and_a_strange_encoding_are_one_line(
    tmp_path: Path, content: bytes, why: str
) -> None:
    voc(tmp_path, range(9))
    (tmp_path / "Annotations" / "000.xml").write_bytes(content)
    with pytest.raises(DataError, match=rf"000\.xml: {why}"):
        load("voc", tmp_path)


def test_a_list_may_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    voc(tmp_path, range(9))
    (tmp_path / "ImageSets" / "Main" / "train.txt").write_text("../../secret\n")
    with pytest.raises(DataError, match=r"'\.\./\.\./secret' is no name of an image"):
        load("voc", tmp_path)


def test_an_annotation_without_its_image(tmp_path: Path) -> None:
    voc(tmp_path, range(9))
    (tmp_path / "JPEGImages" / "004.png").unlink()
    with pytest.raises(DataError, match=r"has no image 004 \(Annotations/004\.xml\)"):
        load("voc", tmp_path)


LINES = "1 0.25 0.5 0.5 1\n0 0.5 0.5 0.25 0.5\n"  # the same two boxes


def yolo(root: Path, place: Callable[[str], Path], count: int, lines: str = LINES) -> None:
    for kind in ("images", "labels"):
        (root / place(kind)).mkdir(parents=True, exist_ok=True)
    for number in range(count):
        image = Image.new("RGB", (128, 64), (number, 0, 0))
        image.save(root / place("images") / f"{number:03}.png")
        (root / place("labels") / f"{number:03}.txt").write_text(lines)


def test_both_layouts_of_yolo(tmp_path: Path) -> None:
    for name, within in (("a", "{kind}/{split}"), ("b", "{split}/{kind}")):
        root = tmp_path / name
        for split, count in (("train", 4), ("val" if name == "a" else "valid", 2), ("test", 2)):
            yolo(root, lambda kind, w=within, s=split: Path(w.format(kind=kind, split=s)), count)  # type: ignore[misc]
        (root / "data.yaml").write_text(
            f"names: [car, dog]\ntrain: ../{'images/train' if name == 'a' else 'train/images'}\n"
        )
        data = load("yolo", root)
        assert data.classes == ("car", "dog")
        assert [data.size(split) for split in data.splits] == [4, 2, 2]
        _, targets = data.test.batch(torch.arange(2))
        assert targets["box"][0].tolist() == [[16, 32, 32, 32], [32, 32, 16, 16]]


def test_yolo_in_one_folder_with_a_list_of_names(tmp_path: Path) -> None:
    yolo(tmp_path, Path, 10)
    (tmp_path / "classes.txt").write_text("car\ndog\n")
    Image.new("RGB", (8, 8)).save(tmp_path / "images" / "empty.png")
    data = load("yolo", tmp_path)
    assert [data.size(split) for split in data.splits] == [7, 1, 2]
    assert data.skipped == [("images/empty.png", "has no box")]


@pytest.mark.parametrize(
    ("lines", "names", "why"),
    [
        ("2 0.5 0.5 1 1", "names: [car, dog]", "line 1: class 2; there are 2, from 0 on"),
        ("0 0.5 0.5 1", "names: [car, dog]", "line 1 has 4 numbers"),
        ("0 0.5 0.5 1 2", "names: [car, dog]", "shares of the image, from 0 to 1"),
        ("0 0.5 0.5 1 nan", "names: [car, dog]", "shares of the image, from 0 to 1"),
        ("0 0.5 0.5 1 x", "names: [car, dog]", "five numbers are wanted"),
        (LINES, "names: 3", "needs names: a list of the classes"),
        (LINES, "!!python/object/apply:os.system ['true']", "needs names: a list of the classes"),
        (LINES, "names: [1.5, null]", "needs names: a list of the classes"),
        (LINES, "names: !!set {car, dog}", "needs names: a list of the classes"),
        (
            LINES,
            "names: [car, dog]\ntrain: ../elsewhere",
            "train is '../elsewhere', but images/ is",
        ),
        (LINES, "names: {1: car}", "needs names: a list of the classes"),
    ],
)
def test_wrong_labels_are_one_line(tmp_path: Path, lines: str, names: str, why: str) -> None:
    yolo(tmp_path, Path, 10, lines)
    (tmp_path / "data.yaml").write_text(names)
    with pytest.raises(DataError) as raised:
        load("yolo", tmp_path)
    assert why in str(raised.value)
    assert "\n" not in str(raised.value)
