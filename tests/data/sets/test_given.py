"""Arrays in files and what a function of the user's own gives: forms, splits, refusals."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from workbench.config import RunConfig, build_config
from workbench.config.split_check import resolve_to_train
from workbench.data import load_data
from workbench.data.given import as_data_set
from workbench.errors import ConfigError, DataError, RequestError
from workbench.system.trusted import trust

LABELS = np.arange(40) % 4
IMAGES = np.repeat(LABELS.astype(np.uint8) * 50, 64).reshape(40, 8, 8)


def config(name: str, root: Path | str = "", **data: object) -> RunConfig:
    tables = {
        "model": {"kind": "simplenn"},
        "data": {"name": name, "root": str(root), "size": 8, "classes": 4, "channels": 1, **data},
        "train": {"epochs": 1},
    }
    return build_config(tables)


def save(root: Path, kind: str, arrays: dict[str, np.ndarray]) -> Path:
    if kind == "npz":
        np.savez(root / "a.npz", **arrays)
        return root / "a.npz"
    if kind == "safetensors":
        save_file(arrays, root / "a.safetensors")
        return root / "a.safetensors"
    for name, array in arrays.items():
        np.save(root / f"{name}.npy", array)
    return root


@pytest.mark.parametrize("kind", ["npz", "safetensors", "folder"])
@pytest.mark.parametrize("tested", [True, False])
def test_arrays_of_any_file(tmp_path: Path, kind: str, tested: bool) -> None:
    arrays = {"x_train": IMAGES, "y_train": LABELS}
    if tested:
        arrays |= {"x_test": IMAGES[:8], "y_test": LABELS[:8]}
    fitted = resolve_to_train(config("arrays", save(tmp_path, kind, arrays), classes=9))
    data = load_data(fitted)
    assert (fitted.data.classes, fitted.data.channels) == (4, 1)
    assert [len(split) for split in data.splits.values()] == ([36, 4, 8] if tested else [28, 4, 8])
    for split in data.splits.values():
        images, targets = split.batch(torch.arange(len(split)))
        assert torch.equal(images[:, 0, 3, 3].long(), targets["label"] * 50)


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"x_train": IMAGES}, "holds no y_train"),
        ({"x_train": IMAGES[:, 0], "y_train": LABELS}, "x_train: images of shape 40×8"),
        ({"x_train": IMAGES, "y_train": LABELS[:9]}, "40 images and labels of shape 9"),
        ({"x_train": IMAGES, "y_train": LABELS - 1}, "whole numbers from 0 on"),
        ({"x_train": IMAGES, "y_train": LABELS / 3}, "whole numbers from 0 on"),
        ({"x_train": IMAGES.astype(np.int32), "y_train": LABELS}, "images are int32"),
        ({"x_train": IMAGES / 1.0, "y_train": LABELS}, "must lie between 0 and 1"),
        ({"x_train": np.array([{}] * 40, dtype=object), "y_train": LABELS}, "cannot be read"),
        ({"x_train": IMAGES, "y_train": LABELS, "x_val": IMAGES}, "holds x_val but no y_val"),
    ],
)
def test_wrong_arrays_are_told_in_one_line(
    tmp_path: Path, arrays: dict[str, Any], words: str
) -> None:
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(DataError) as error:
        load_data(resolve_to_train(config("arrays", tmp_path / "a.npz")))
    assert words in str(error.value) and "\n" not in str(error.value)


def test_files_that_are_no_arrays(tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(b"nothing")
    for path, words in (
        (tmp_path / "a.npz", "neither .npz nor"),
        (tmp_path / "no", "no such file"),
    ):
        with pytest.raises(DataError, match=words):
            resolve_to_train(config("arrays", path))


CODE = """
import numpy as np

def load(count=40, broken=False):
    labels = np.arange(count) % 4
    images = np.repeat(labels[:, None, None] * 0.2, 8, 1).repeat(8, 2)
    if broken:
        labels[3] = 1 / 0
    class Items:
        def __len__(self):
            return 12
        def __getitem__(self, i):
            return images[i].astype(np.float32), labels[i]
    return (images, labels), None, Items()

def two():
    return 1, 2
"""


def test_a_function_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "mydata.py").write_text(CODE)
    own = config("python", target="mydata:load", args={"count": 24})
    with pytest.raises(ConfigError, match=r"data\.target: wants to import 'mydata'"):
        load_data(own)
    trust(tmp_path)
    data = load_data(resolve_to_train(own))
    assert [len(split) for split in data.splits.values()] == [20, 4, 12]
    images, targets = data.test.batch(torch.arange(12))
    assert torch.equal(images[:, 0, 0, 0], (targets["label"] * 51).to(torch.uint8))
    for target, args, words in (
        ("mydata:load", {"broken": True}, r"mydata\.py, line 8: ZeroDivisionError"),
        ("mydata:two", {}, "must give"),
        ("os:getcwd", {}, "is not in a folder that you trust"),
    ):
        with pytest.raises(RequestError, match=words):
            load_data(config("python", target=target, args=args))


def test_labels_beyond_the_classes_are_refused() -> None:
    part = (IMAGES, LABELS)
    with pytest.raises(DataError, match=r"a label 3; data\.classes is 3"):
        as_data_set(config("python", classes=3), (part, None, part))
