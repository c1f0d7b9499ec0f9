"""A configuration fitted to its data before a run exists."""

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from workbench.config import RunConfig, build_config
from workbench.config.fitting import cache_folder, find_root, resolve
from workbench.errors import ConfigError, DataError


def config(name: str, **data: object) -> RunConfig:
    changes = {f"data.{key}": value for key, value in data.items()}
    tables = {"model": {"kind": "simplenn"}, "data": {"name": name}, "train": {"epochs": 1}}
    return build_config(tables, changes)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("a", "b", "c"):
        (tmp_path / "images" / name).mkdir(parents=True)
        Image.new("RGB", (2, 2)).save(tmp_path / "images" / name / "1.png")
    return tmp_path / "images"


def test_facts_of_known_data_are_corrected() -> None:
    fitted = resolve(config("digits", classes=3, channels=3))
    assert (fitted.data.classes, fitted.data.channels, fitted.data.root) == (10, 1, "")


def test_a_folder_gives_classes_channels_and_an_absolute_root(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root.parent)
    fitted = resolve(config("imagefolder"), "images")
    assert (fitted.data.classes, fitted.data.channels) == (3, 3)
    assert fitted.data.root == str(root)
    assert resolve(fitted) == fitted


def test_a_grey_folder_has_one_channel(root: Path) -> None:
    for path in root.glob("*/*.png"):
        Image.new("L", (2, 2)).save(path)
    assert resolve(config("imagefolder"), root).data.channels == 1


def test_where_the_root_comes_from(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_root(config("cifar10")) == cache_folder() / "data"
    monkeypatch.setenv("WORKBENCH_DATA", "/from/environment")
    assert find_root(config("cifar10")) == Path("/from/environment")
    assert find_root(config("cifar10", root="/from/config")) == Path("/from/config")
    assert find_root(config("cifar10", root="/from/config"), "/given") == Path("/given")


def test_cifar_may_still_be_downloaded(tmp_path: Path) -> None:
    fitted = resolve(config("cifar100", classes=7), tmp_path / "new" / "folder")
    assert fitted.data.classes == 100
    assert not (tmp_path / "new").exists()


def test_a_file_cannot_be_downloaded_into(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="file: is a file"):
        resolve(config("cifar10"), tmp_path / "file")


def test_no_folder_named() -> None:
    with pytest.raises(DataError, match="--data DIR or \\$WORKBENCH_DATA"):
        resolve(config("imagefolder"))


@pytest.mark.parametrize(
    ("key", "changes"),
    [
        ("data.mean", {"data.mean": [0.5, 0.5, 0.5]}),
        ("data.std", {"data.std": [0.0]}),
        ("augment.pad", {"augment.pad": 8, "augment.pad_mode": "reflect", "data.size": 8}),
        ("augment.crop", {"augment.crop": 11, "augment.pad": 1, "data.size": 8}),
    ],
)
def test_keys_that_do_not_fit_these_images(key: str, changes: dict[str, object]) -> None:
    tables = {"model": {"kind": "simplenn"}, "data": {"name": "digits"}, "train": {"epochs": 1}}
    with pytest.raises(ConfigError) as caught:
        resolve(build_config(tables, changes))
    assert list(caught.value.problems) == [key]


def test_a_resized_crop_may_be_larger_than_the_image() -> None:
    tables = {"model": {"kind": "simplenn"}, "data": {"name": "digits"}, "train": {"epochs": 1}}
    chosen = build_config(tables, {"augment.crop": 12, "augment.resized_crop": 0.5})
    assert resolve(chosen).augment == chosen.augment


def boxes(task: str = "proposals", model: str = "rpn", **data: object) -> RunConfig:
    return build_config(
        {
            "task": {"kind": task},
            "model": {"kind": model},
            "data": {"name": "scenes", **data},
            "train": {"epochs": 1},
        }
    )


def test_scenes_take_the_facts_of_their_source(root: Path) -> None:
    assert resolve(boxes(source="digits")).data.channels == 1
    fitted = resolve(boxes(source="imagefolder"), root)
    assert (fitted.data.classes, fitted.data.root) == (3, str(root))


@pytest.mark.parametrize(
    ("task", "model", "data", "words"),
    [
        ("proposals", "resnet", "scenes", "model.kind: resnet does no proposals; there are rpn"),
        ("detection", "rpn", "scenes", "there are faster_rcnn, torchvision_detector"),
        ("classification", "rpn", "digits", "model.kind: rpn gives boxes: set task.kind to pro"),
        ("classification", "resnet", "scenes", "data.name: scenes has boxes: set task.kind"),
        ("detection", "faster_rcnn", "digits", "scenes with data.source=digits"),
    ],
)
def test_task_network_and_data_belong_together(
    task: str, model: str, data: str, words: str
) -> None:
    more = {"source": "digits"} if data == "scenes" else {}
    with pytest.raises(ConfigError) as caught:
        resolve(boxes(task, model, name=data, **more))
    assert words in str(caught.value)


@pytest.mark.parametrize("key", ["hflip", "mixup", "policy", "crop"])
def test_boxes_do_not_follow_augmentation(key: str) -> None:
    value = {"policy": "randaugment", "crop": 40}.get(key, 0.5)
    changes = {"task.kind": "proposals", f"augment.{key}": value, "augment.brightness": 0.2}
    tables = {
        "model": {"kind": "rpn"},
        "data": {"name": "scenes", "source": "digits"},
        "train": {"epochs": 1},
    }
    with pytest.raises(ConfigError) as caught:
        resolve(build_config(tables, changes))
    assert list(caught.value.problems) == [f"augment.{key}"]


def test_it_needs_no_torch() -> None:
    code = "import sys, workbench.config.fitting; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
