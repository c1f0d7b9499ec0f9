"""Image folders as data sets."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from workbench.config import RunConfig
from workbench.config.fitting import resolve
from workbench.data import DataSet, load_data, what_is_missing
from workbench.errors import DataError

MakeFolder = Callable[..., Path]
MakeConfig = Callable[..., RunConfig]


@pytest.fixture
def load(config: MakeConfig) -> Callable[..., DataSet]:
    """Give a function that loads an image folder with dotted changes of the configuration."""

    def loaded(root: Path, **changes: object) -> DataSet:
        return load_data(resolve(config("imagefolder", **changes), root))

    return loaded


def test_train_and_test_folders(folder: MakeFolder, load: Callable[..., DataSet]) -> None:
    folder({"ant": 10, "bee": 20}, "train")
    data = load(folder({"ant": 2, "bee": 3}, "test"))
    assert data.classes == ("ant", "bee")
    assert data.class_counts() == [9, 18]
    assert data.class_counts("validation") == [1, 2]
    assert data.class_counts("test") == [2, 3]
    assert data.skipped == []


def test_images_keep_their_labels(folder: MakeFolder, load: Callable[..., DataSet]) -> None:
    data = load(folder({"a": 12, "b": 12, "c": 12}))
    for split in (data.train, data.validation, data.test):
        images, targets = split.batch(torch.arange(len(split)))
        # The folder fixture makes class n of values 60·n to 60·n + 39.
        assert torch.equal(images.float().mean(dim=(1, 2, 3)) // 60, targets["label"].float())


def test_one_tree_is_split_by_the_seed(folder: MakeFolder, load: Callable[..., DataSet]) -> None:
    root = folder({"a": 20, "b": 40})
    first, other = load(root), load(root, data__split_seed=1)
    assert first.class_counts("test") == other.class_counts("test") == [4, 8]
    assert first.content_hash == load(root).content_hash != other.content_hash
    assert not torch.equal(first.test.images[:], other.test.images[:])


def test_a_validation_folder_is_used(folder: MakeFolder, load: Callable[..., DataSet]) -> None:
    folder({"a": 10, "b": 10}, "train")
    data = load(folder({"a": 3, "b": 1}, "valid"))
    assert data.class_counts("validation") == [3, 1]
    assert data.class_counts("test") == [2, 2]  # data.test of the training images
    assert data.class_counts() == [8, 8]


def test_statistics_leave_the_test_images_out(
    folder: MakeFolder, load: Callable[..., DataSet]
) -> None:
    folder({"a": 10, "b": 10}, "train")
    root = folder({"a": 5, "b": 5}, "test")
    before = load(root)
    for path in (root / "test").rglob("*.png"):
        Image.new("RGB", (8, 8), "white").save(path)
    after = load(root)
    assert (after.mean, after.std) == (before.mean, before.std)
    assert after.content_hash != before.content_hash


def test_a_limit_decodes_no_more_than_it_needs(
    folder: MakeFolder, load: Callable[..., DataSet], home: Path
) -> None:
    data = load(folder({"a": 40, "b": 40}), data__limit=20)
    assert len(data.train) + len(data.validation) == 20
    (cached,) = (home / "cache" / "pictures").glob("*/images.uint8")
    assert cached.stat().st_size == (20 + len(data.test)) * 8 * 8 * 3


def test_broken_images_are_listed_and_left_out(
    folder: MakeFolder, load: Callable[..., DataSet]
) -> None:
    folder({"a": 10, "b": 10}, "train")
    root = folder({"a": 2, "b": 2}, "test")
    (root / "train" / "a" / "000.png").write_bytes(b"broken")
    (root / "test" / "b" / "001.png").write_bytes(b"")
    for _ in range(2):  # built, then reopened
        data = load(root)
        assert [path for path, _ in data.skipped] == ["train/a/000.png", "test/b/001.png"]
        assert data.class_counts("test") == [2, 1]
        assert len(data.train) + len(data.validation) == 19


def test_a_class_that_loses_every_image_is_fatal(
    folder: MakeFolder, load: Callable[..., DataSet]
) -> None:
    root = folder({"a": 5, "b": 3}, "train")
    folder({"a": 1}, "test")
    for path in (root / "train" / "b").iterdir():
        path.write_bytes(b"broken")
    with pytest.raises(DataError, match=r"no image of class 'b' can be read; train/b/000\.png"):
        load(root)


def test_grey_folders_stay_grey(folder: MakeFolder, load: Callable[..., DataSet]) -> None:
    root = folder({"a": 10, "b": 10})
    for path in root.rglob("*.png"):
        with Image.open(path) as image:
            image.convert("L").save(path)
    data = load(root)
    assert data.train.images.shape[1] == 1 and len(data.mean) == 1


def test_a_changed_image_is_seen(folder: MakeFolder, load: Callable[..., DataSet]) -> None:
    root = folder({"a": 10, "b": 10})
    before = load(root).content_hash
    path = root / "a" / "000.png"
    Image.fromarray(np.full((8, 8, 3), 255, dtype=np.uint8)).save(path)
    os.utime(path, ns=(1, 1))
    assert load(root).content_hash != before


@pytest.mark.timeout(60)
def test_what_is_passed_over_is_listed_behind_what_is_broken(
    folder: MakeFolder, load: Callable[..., DataSet]
) -> None:
    root = folder({"a": 10, "b": 10})
    before = load(root)
    os.mkfifo(root / "a" / "x.png")
    (root / "__MACOSX" / "a").mkdir(parents=True)
    (root / "b" / "._000.png").write_bytes(b"")
    data = load(root)
    assert data.classes == before.classes and data.content_hash == before.content_hash
    (root / "a" / "000.png").write_bytes(b"broken")
    assert [path for path, _ in load(root).skipped] == [
        *("a/000.png", "a/x.png"),
        *("__MACOSX", "b/._000.png"),
    ]


def test_a_class_that_is_emptied_by_broken_images_is_named(
    folder: MakeFolder, config: MakeConfig
) -> None:
    root = folder({"a": 10, "b": 2}, "train")
    folder({"a": 1}, "test")
    chosen = resolve(config("imagefolder", data__allow_missing_classes=False), root)
    assert what_is_missing(chosen, load_data(chosen)) == ["no image of class 'b' in test"]
    (root / "train" / "b" / "001.png").write_bytes(b"broken")
    with pytest.raises(DataError, match="no image of class 'b' in validation") as caught:
        what_is_missing(chosen, load_data(chosen))
    assert "\n" not in str(caught.value)


def test_a_limit_may_leave_a_class_out_where_that_is_allowed(
    folder: MakeFolder, config: MakeConfig
) -> None:
    root = folder({"a": 10, "b": 10, "c": 10})
    folder({"a": 1}, "test", root="other")
    changes = {"data__limit": 2, "data__allow_missing_classes": True}
    data = load_data(resolve(config("imagefolder", **changes), root))
    assert sorted(data.class_counts()) == [0, 1, 1]
