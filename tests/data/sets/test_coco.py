import json
import os
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from workbench.catalog.coco import find_classes
from workbench.config import RunConfig, build_config
from workbench.config.fitting import resolve
from workbench.data import load_data, what_is_missing
from workbench.errors import DataError

CATEGORIES = [{"id": 18, "name": "dog"}, {"id": 3, "name": "car"}]


def config(root: Path, **data: Any) -> RunConfig:
    return build_config(
        {
            "task": {"kind": "detection"},
            "model": {"kind": "torchvision_detector"},
            "data": {"name": "coco", "root": str(root), "size": 64, **data},
            "train": {"steps": 1},
        }
    )


def write(root: Path, name: str, count: int, **document: Any) -> None:
    """Images of 128×64 with a dog on the left half and a car in the middle."""
    (root / "annotations").mkdir(parents=True, exist_ok=True)
    (root / name).mkdir()
    images, boxes = [], []
    for number in range(count):
        Image.new("RGB", (128, 64), (number, 0, 0)).save(root / name / f"{number}.png")
        images.append(
            {"id": 100 + number, "file_name": f"{number}.png", "width": 128, "height": 64}
        )
        boxes += [
            {"image_id": 100 + number, "category_id": 18, "bbox": [0, 0, 64, 64]},
            {"image_id": 100 + number, "category_id": 3, "bbox": [48, 16, 32, 32]},
            {"image_id": 100 + number, "category_id": 3, "bbox": [0, 0, 128, 64], "iscrowd": 1},
        ]
    whole = {"images": images, "annotations": boxes, "categories": CATEGORIES} | document
    (root / "annotations" / f"instances_{name}.json").write_text(json.dumps(whole))


def test_boxes_follow_their_images_into_the_padded_square(tmp_path: Path) -> None:
    write(tmp_path, "train2017", 10)
    write(tmp_path, "val2017", 3)

    data = load_data(config(tmp_path))
    images, targets = data.test.batch(torch.arange(3))

    assert data.classes == ("car", "dog")  # in the order of their ids
    assert [len(s) for s in (data.train, data.validation, data.test)] == [9, 1, 3]
    assert targets["label"].tolist() == [[1, 0]] * 3  # the larger first, the crowd left out
    # Halved, and 16 rows of padding above.
    assert targets["box"][0].tolist() == [[16, 32, 32, 32], [32, 32, 16, 16]]
    assert (images[:, :, :16] == 0).all() and images[2, 0, 20, 20] == 2
    assert targets["mask"].shape == (3, 8, 8)


def test_without_a_file_of_test_boxes_a_share_is_kept_apart(tmp_path: Path) -> None:
    write(tmp_path, "train", 20)

    data = load_data(config(tmp_path))

    assert [len(s) for s in (data.train, data.validation, data.test)] == [14, 2, 4]


def test_classes_follow_the_data(tmp_path: Path) -> None:
    write(tmp_path, "train", 4)

    assert find_classes(tmp_path) == ("car", "dog")
    assert resolve(config(tmp_path)).data.classes == 2


def test_a_broken_image_is_listed_and_left_out(tmp_path: Path) -> None:
    write(tmp_path, "train", 10)
    (tmp_path / "train" / "4.png").write_bytes(b"nothing")

    data = load_data(config(tmp_path))

    assert len(data.train) + len(data.validation) + len(data.test) == 9
    assert [path.rpartition("/")[2] for path, _ in data.skipped] == ["4.png"]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"categories": []}, "has no categories"),
        ({"annotations": []}, "no image with a box"),
        ({"annotations": [{"image_id": 1}]}, "not in COCO format"),
        ({"images": 3}, "needs the lists"),
        (
            {"images": [{"id": 100, "file_name": "../../x.png", "width": 9, "height": 9}]},
            "outside of its folder",
        ),
    ],
)
def test_wrong_annotations_are_said_in_one_line(
    tmp_path: Path, document: dict[str, Any], words: str
) -> None:
    write(tmp_path, "train", 2, **document)

    with pytest.raises(DataError, match=words) as error:
        load_data(config(tmp_path))
    assert "\n" not in str(error.value)


def test_a_folder_without_annotations_says_what_to_put_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="instances_train"):
        find_classes(tmp_path)


@pytest.mark.timeout(60)
def test_pipes_and_what_archives_leave_behind_are_listed(tmp_path: Path) -> None:
    write(tmp_path, "train", 10)
    for name in ("0.png", "4.png"):  # the first too: it tells where the images are
        (tmp_path / "train" / name).unlink()
        os.mkfifo(tmp_path / "train" / name)
    file = tmp_path / "annotations" / "instances_train.json"
    document = json.loads(file.read_text())
    document["images"][7]["file_name"] = "__MACOSX/7.png"
    document["images"][8]["file_name"] = "._8.png"
    file.write_text(json.dumps(document))

    data = load_data(resolve(config(tmp_path)))

    assert len(data.train) + len(data.validation) + len(data.test) == 6
    assert data.skipped == [
        (str(tmp_path / "train" / "0.png"), "is a named pipe, not a file"),
        (str(tmp_path / "train" / "4.png"), "is a named pipe, not a file"),
        ("__MACOSX/7.png", "left behind by an archive, a server or a desktop"),
        ("._8.png", "its name begins with a dot"),
    ]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", ["annotations/instances_train.json", "annotations.json"])
def test_annotations_that_are_a_pipe_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    os.mkfifo(tmp_path / name)
    with pytest.raises(DataError, match=r"json: is a named pipe, not a file"):
        find_classes(tmp_path)


def test_too_few_images_to_split_are_one_line(tmp_path: Path) -> None:
    write(tmp_path, "train", 3)
    (tmp_path / "train" / "1.png").write_bytes(b"nothing")
    with pytest.raises(DataError, match="too few images to split, 2 can be read"):
        load_data(config(tmp_path))


def test_a_image_counts_once_for_each_class_that_it_shows(tmp_path: Path) -> None:
    write(tmp_path, "train", 10)
    data = load_data(config(tmp_path))
    assert data.class_counts() == [len(data.train)] * 2
    assert what_is_missing(config(tmp_path), data) == []
